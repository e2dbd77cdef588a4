// Tables whose rows are plain structs: what is on the disk, what writes and reads a row, and the
// documentation come from one list of columns.
#pragma once
#include <functional>

#include "store/column.hpp"
#include "store/hdf5_table.hpp"

namespace lorahub::store {

// The member of a row's struct that a column holds.
template <class ResultRow>
class RowField {
 public:
  template <class Value>
  constexpr RowField(Value ResultRow::*member) : member_(member) {}

  ColumnKind kind() const {
    constexpr ColumnKind kKinds[] = {ColumnKind::text, ColumnKind::integer, ColumnKind::real,
                                     ColumnKind::flag};
    return kKinds[member_.index()];
  }
  Cell get(const ResultRow& row) const {
    return std::visit([&row](auto member) { return cell_of(row.*member); }, member_);
  }
  void set(ResultRow& row, const RowView& view, std::string_view column) const {
    const auto take = [&](auto member) { assign(row.*member, view, column); };
    std::visit(take, member_);
  }

 private:
  static Cell cell_of(std::string_view text) { return text; }
  static Cell cell_of(int64_t integer) { return integer; }
  static Cell cell_of(double real) { return real; }
  static Cell cell_of(bool flag) { return int64_t{flag}; }
  static void assign(std::string_view& text, const RowView& view, std::string_view column) {
    text = view.text_view(column);
  }
  static void assign(int64_t& integer, const RowView& view, std::string_view column) {
    integer = view.integer(column);
  }
  static void assign(double& real, const RowView& view, std::string_view column) {
    real = view.real(column);
  }
  static void assign(bool& flag, const RowView& view, std::string_view column) {
    flag = view.integer(column) != 0;
  }

  std::variant<std::string_view ResultRow::*, int64_t ResultRow::*, double ResultRow::*,
               bool ResultRow::*>
      member_;
};

template <class ResultRow>
struct RowColumn {
  std::string name;
  ColumnUnit unit;
  ColumnMeaning meaning;
  RowField<ResultRow> field;
  std::string remark = {};           // sentences that only the documentation has
  int since_schema = kOldestSchema;  // files of earlier schemas are read without this column
};

template <class ResultRow>
struct RowTable {
  std::string path;     // in the file
  std::string one_row;  // what a row stands for, for the documentation
  std::vector<RowColumn<ResultRow>> columns;

  ResultTable table() const {
    ResultTable table{.name = path, .one_row = one_row};
    for (const RowColumn<ResultRow>& c : columns)
      table.columns.push_back({.name = c.name,
                               .kind = c.field.kind(),
                               .units = std::string(c.unit.text()),
                               .meaning = std::string(c.meaning.text()),
                               .remark = c.remark,
                               .since_schema = c.since_schema,
                               .of_loss = c.unit.is_of_loss()});
    return table;
  }

  std::vector<Cell> cells(const ResultRow& row) const {
    std::vector<Cell> cells;
    for (const RowColumn<ResultRow>& c : columns) cells.push_back(c.field.get(row));
    return cells;
  }

  // The texts of the row are those of the view: they live as long as it does.
  ResultRow read(const RowView& view) const {
    ResultRow row;
    for (const RowColumn<ResultRow>& c : columns)
      if (c.since_schema == kOldestSchema || view.has(c.name)) c.field.set(row, view, c.name);
    return row;
  }

  // `rows` gives one row after the other, and runs twice (see write_table).
  using EmitRow = std::function<void(const ResultRow&)>;
  void write(hid_t file, const std::function<void(const EmitRow&)>& rows) const {
    write_as(table(), file, rows);
  }
  // The same with units that the file's own trials decide; `described` is table() but for these.
  void write_as(const ResultTable& described, hid_t file,
                const std::function<void(const EmitRow&)>& rows) const {
    write_table(file, described, [&](const store::Emit& emit) {
      rows([&](const ResultRow& row) { emit(cells(row)); });
    });
  }

  void each(hid_t file, const std::function<void(const ResultRow&)>& visit) const {
    TableReader(file, path).each([&](const RowView& view) { visit(read(view)); });
  }
};

}  // namespace lorahub::store
