#include "store/hdf5_table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/nesting.hpp"

namespace lorahub::store {
namespace {

constexpr size_t kChunkBytes = 128 * 1024;       // of rows that are compressed together
constexpr int kDeflate = 1;                      // of zlib's levels 0 to 9
constexpr const char* kDescription = "columns";  // the attribute that says what they are

struct FieldPlace {
  size_t offset, size;  // bytes
};

size_t number_size(ColumnKind kind) { return kind == ColumnKind::flag ? 1 : 8; }

hid_t number_type(ColumnKind kind) {  // little-endian: what is on the disk
  if (kind == ColumnKind::flag) return H5T_STD_I8LE;
  return kind == ColumnKind::integer ? H5T_STD_I64LE : H5T_IEEE_F64LE;
}

hid_t native_type(ColumnKind kind) {
  if (kind == ColumnKind::flag) return H5T_NATIVE_INT8;
  return kind == ColumnKind::integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
}

// Collects rows, and writes them a block at a time.
class RowWriter {
 public:
  RowWriter(hid_t parent, const ResultTable& table, const RowSource& rows)
      : table_(table), places_(measure(rows)) {
    const Type disk = row_type(number_type);
    const hsize_t unlimited = H5S_UNLIMITED;
    const Space space(H5Screate_simple(1, &count_, &unlimited), "cannot make a space");
    const Plist properties = dataset_properties();
    block_ = std::clamp<hsize_t>(kChunkBytes / width_, 1, std::max<hsize_t>(count_, 1));
    good(H5Pset_chunk(properties, 1, &block_), "cannot set the chunks");
    good(H5Pset_shuffle(properties), "cannot set the filter");
    good(H5Pset_deflate(properties, kDeflate), "cannot set the compression");
    const Dataset dataset = create_dataset(parent, table.name, {disk, space}, properties);
    write_attribute(dataset, kDescription, description());
    const Type memory = row_type(native_type);
    rows([&](const std::vector<Cell>& cells) {
      add(cells);
      if (pending_.size() == block_ * width_) flush(dataset, memory);
    });
    if (!pending_.empty()) flush(dataset, memory);
  }

 private:
  std::vector<FieldPlace> measure(const RowSource& rows) {
    std::vector<size_t> sizes(table_.columns.size(), 1);
    rows([&](const std::vector<Cell>& cells) {
      assert(cells.size() == sizes.size());
      ++count_;
      for (size_t c = 0; c < cells.size(); ++c)
        if (const auto* text = std::get_if<std::string_view>(&cells[c]))
          sizes[c] = std::max(sizes[c], text->size());
    });
    std::vector<FieldPlace> places;
    for (size_t c = 0; c < sizes.size(); ++c) {
      const ColumnKind kind = table_.columns[c].kind;
      places.push_back(
          {.offset = width_, .size = kind == ColumnKind::text ? sizes[c] : number_size(kind)});
      width_ += places.back().size;
    }
    return places;
  }

  Type row_type(hid_t (*number)(ColumnKind)) const {
    Type row(H5Tcreate(H5T_COMPOUND, width_), "cannot make a type");
    for (size_t c = 0; c < places_.size(); ++c) {
      const Column& column = table_.columns[c];
      const Type text = text_type(places_[c].size);
      const hid_t type =
          column.kind == ColumnKind::text ? static_cast<hid_t>(text) : number(column.kind);
      good(H5Tinsert(row, column.name.c_str(), places_[c].offset, type), "cannot add a column");
    }
    return row;
  }

  // JSON: {"accuracy":{"units":"percent","long_name":"..."}}; columns of knobs say which: "knob".
  std::string description() const {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const Column& column : table_.columns) {
      json[column.name] = {{"units", column.units}, {"long_name", column.meaning}};
      if (!column.knob.empty()) json[column.name]["knob"] = column.knob;
    }
    return base::json_text(json);
  }

  void add(const std::vector<Cell>& cells) {
    const size_t begin = pending_.size();
    pending_.resize(begin + width_, '\0');
    for (size_t c = 0; c < cells.size(); ++c)
      put(cells[c], table_.columns[c].kind, &pending_[begin + places_[c].offset]);
  }

  static void put(const Cell& cell, ColumnKind kind, char* to) {
    if (kind == ColumnKind::text) {
      const auto text = std::get<std::string_view>(cell);
      if (!text.empty()) std::memcpy(to, text.data(), text.size());
    } else if (kind == ColumnKind::real) {
      double value = std::get<double>(cell);
      if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
      std::memcpy(to, &value, sizeof value);
    } else if (kind == ColumnKind::flag) {
      *to = static_cast<char>(std::get<int64_t>(cell) != 0);
    } else {
      std::memcpy(to, &std::get<int64_t>(cell), sizeof(int64_t));
    }
  }

  void flush(hid_t dataset, hid_t type) {
    const hsize_t rows = pending_.size() / width_;
    const Space memory = simple_space({rows});
    const Space disk(H5Dget_space(dataset), "cannot read a space");
    good(H5Sselect_hyperslab(disk, H5S_SELECT_SET, &written_, nullptr, &rows, nullptr),
         "cannot select rows");
    good(H5Dwrite(dataset, type, memory, disk, H5P_DEFAULT, pending_.data()), "cannot write rows");
    written_ += rows;
    pending_.clear();
  }

  const ResultTable& table_;
  size_t width_ = 0;   // bytes of a row
  hsize_t count_ = 0;  // rows
  std::vector<FieldPlace> places_;
  hsize_t block_ = 1;  // rows
  hsize_t written_ = 0;
  std::string pending_;
};

ColumnKind kind_of(hid_t type, const std::string& where) {
  const H5T_class_t found = H5Tget_class(type);
  const size_t size = H5Tget_size(type);
  if (found == H5T_STRING && H5Tis_variable_str(type) == 0) return ColumnKind::text;
  if (found == H5T_INTEGER && size == 1) return ColumnKind::flag;
  if (found == H5T_INTEGER && size == 8) return ColumnKind::integer;
  base::check(found == H5T_FLOAT && size == 8, "column {} has a type that lorahub does not write",
              where);
  return ColumnKind::real;
}

std::string column_name(hid_t type, unsigned index) {
  char* name = H5Tget_member_name(type, index);
  if (name == nullptr) throw_failure("cannot read the name of a column");
  std::string copy = name;
  H5free_memory(name);
  return copy;
}

}  // namespace

void write_table(hid_t parent, const ResultTable& table, const RowSource& rows) {
  RowWriter(parent, table, rows);
}

TableReader::TableReader(hid_t parent, const std::string& name)
    : name_(name),
      dataset_(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), "cannot open a table"),
      type_(
          [&] {
            const Type disk(H5Dget_type(dataset_), "cannot read a type");
            base::check(H5Tget_class(disk) == H5T_COMPOUND, "{} is not a table", name);
            return H5Tget_native_type(disk, H5T_DIR_ASCEND);
          }(),
          "cannot read a type") {
  const Space space(H5Dget_space(dataset_), "cannot read a space");
  base::check(H5Sget_simple_extent_ndims(space) == 1, "{} is not a table", name);
  H5Sget_simple_extent_dims(space, &rows_, nullptr);
  width_ = H5Tget_size(type_);
  base::check(width_ > 0, "{} has rows of no width", name);
  for (int c = 0; c < H5Tget_nmembers(type_); ++c) {
    const auto index = static_cast<unsigned>(c);
    const Type type(H5Tget_member_type(type_, index), "cannot read a type");
    std::string column = column_name(type_, index);
    const ColumnKind kind = kind_of(type, base::format("{}.{}", name, column));
    members_.push_back({.name = std::move(column),
                        .kind = kind,
                        .offset = H5Tget_member_offset(type_, index),
                        .size = H5Tget_size(type)});
  }
}

std::vector<std::string> TableReader::columns() const {
  std::vector<std::string> names;
  for (const Member& m : members_) names.push_back(m.name);
  return names;
}

std::string TableReader::description() const {
  using Json = nlohmann::json;
  std::string text = read_text_attribute(dataset_, kDescription);
  const Json columns = Json::parse(base::shallow_json(text), nullptr, false);
  const auto is_description = [](const Json& column) {
    return column.is_object() && column.contains("units") && column.contains("long_name") &&
           std::ranges::all_of(column, &Json::is_string);
  };
  base::check(columns.is_object() && std::ranges::all_of(columns, is_description),
              "what its attribute {} says of the columns of a table is no JSON of this program "
              "(it was damaged or changed): {}",
              kDescription, text.substr(0, 80));
  return text;
}

bool TableReader::has(std::string_view column) const {
  return std::ranges::find(members_, column, &Member::name) != members_.end();
}

void TableReader::each(const std::function<void(const RowView&)>& visit) const {
  const hsize_t block = std::max<hsize_t>(1, 8 * kChunkBytes / width_);
  std::string bytes;
  const Space disk(H5Dget_space(dataset_), "cannot read a space");
  for (hsize_t first = 0; first < rows_; first += block) {
    const hsize_t count = std::min(block, rows_ - first);
    bytes.resize(count * width_);
    const Space memory = simple_space({count});
    good(H5Sselect_hyperslab(disk, H5S_SELECT_SET, &first, nullptr, &count, nullptr),
         "cannot select rows");
    good(H5Dread(dataset_, type_, memory, disk, H5P_DEFAULT, bytes.data()), "cannot read rows");
    for (hsize_t row = 0; row < count; ++row) visit(RowView(*this, &bytes[row * width_]));
  }
}

const TableReader::Member& TableReader::member(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &Member::name);
  base::check(found != members_.end(), "table {} has no column '{}'", name_, name);
  return *found;
}

bool RowView::has(std::string_view column) const { return table_.has(column); }

std::string_view RowView::text_view(std::string_view column) const {
  const auto& m = table_.member(column);
  base::check(m.kind == ColumnKind::text, "column '{}' holds no texts", column);
  return {bytes_ + m.offset, ::strnlen(bytes_ + m.offset, m.size)};
}

std::string RowView::text(std::string_view column) const {
  const auto& m = table_.member(column);
  if (m.kind == ColumnKind::text) return std::string(text_view(column));
  if (m.kind == ColumnKind::real)
    return std::isnan(real(column)) ? "" : base::format("{}", real(column));
  return integer(column) < 0 ? "" : base::format("{}", integer(column));
}

int64_t RowView::integer(std::string_view column) const {
  const auto& m = table_.member(column);
  base::check(m.kind == ColumnKind::integer || m.kind == ColumnKind::flag,
              "column '{}' holds no integers", column);
  if (m.kind == ColumnKind::flag) return static_cast<signed char>(bytes_[m.offset]);
  int64_t value = 0;
  std::memcpy(&value, bytes_ + m.offset, sizeof value);
  return value;
}

double RowView::real(std::string_view column) const {
  const auto& m = table_.member(column);
  base::check(m.kind == ColumnKind::real, "column '{}' holds no real numbers", column);
  double value = 0;
  std::memcpy(&value, bytes_ + m.offset, sizeof value);
  return value;
}

}  // namespace lorahub::store
