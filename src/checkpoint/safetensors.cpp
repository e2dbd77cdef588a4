// The format (https://huggingface.co/docs/safetensors) is the header's length as u64, a JSON
// header, and the bytes of the tensors without holes.
#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/weights.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kLongestHeader = 100'000'000;  // the reference implementation's limit
constexpr const char* kAgain = "copy or download the file again";

struct FileType {
  const char* name;
  at::ScalarType type;
};
// In the order in which the reference implementation lays tensors out: large elements first, so
// that each tensor is aligned for its type.
constexpr std::array kTypes{FileType{"I64", at::kLong},      FileType{"F64", at::kDouble},
                            FileType{"F32", at::kFloat},     FileType{"I32", at::kInt},
                            FileType{"BF16", at::kBFloat16}, FileType{"F16", at::kHalf},
                            FileType{"I16", at::kShort},     FileType{"I8", at::kChar},
                            FileType{"U8", at::kByte},       FileType{"BOOL", at::kBool}};

struct HeaderEntry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> sizes;
  uint64_t begin = 0, end = 0;  // bytes behind the header
};

// A whole number, or an error saying what it should have been.
uint64_t whole(const json& value, const std::string& file, const std::string& what) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > INT64_MAX)
    base::fail("{}: {} holds {} (whole numbers from 0 are needed), {}", file, what, value.dump(),
               kAgain);
  return value.get<uint64_t>();
}

const json& field(const json& entry, const char* key, const std::string& where) {
  const auto found = entry.find(key);
  base::check(found != entry.end(), "{} has no {} (the header is damaged), {}", where, key, kAgain);
  return *found;
}

at::ScalarType scalar_type(const json& name, const std::string& where) {
  for (const FileType& known : kTypes)
    if (name == known.name) return known.type;
  base::fail("{} has dtype {} (that type is not known here), save it as F32, BF16 or F16", where,
             name.dump());
}

HeaderEntry parse_entry(const std::string& file, const std::string& name, const json& value) {
  const std::string where = base::format("{}: tensor {}", file, name);
  if (!value.is_object())
    base::fail("{} is described by {} (an object is needed), {}", where, value.dump(), kAgain);
  HeaderEntry entry{.name = name, .type = scalar_type(field(value, "dtype", where), where)};
  const json& shape = field(value, "shape", where);
  if (!shape.is_array())
    base::fail("{} has shape {} (a list is needed), {}", where, shape.dump(), kAgain);
  for (const json& size : shape)
    entry.sizes.push_back(static_cast<int64_t>(whole(size, file, "the shape of tensor " + name)));
  const json& offsets = field(value, "data_offsets", where);
  if (!offsets.is_array() || offsets.size() != 2)
    base::fail("{} has data_offsets {} (two numbers are needed), {}", where, offsets.dump(),
               kAgain);
  entry.begin = whole(offsets[0], file, "data_offsets of tensor " + name);
  entry.end = whole(offsets[1], file, "data_offsets of tensor " + name);
  const auto bytes =
      tensor::byte_count(entry.sizes, static_cast<int64_t>(at::elementSize(entry.type)));
  if (!bytes.has_value())
    base::fail("{} has shape {} (no memory holds that), {}", where, shape.dump(), kAgain);
  base::check(
      entry.begin <= entry.end && entry.end - entry.begin == static_cast<uint64_t>(*bytes),
      "{} lies at bytes {} to {} but its shape and dtype take {} bytes (the header lies), {}",
      where, entry.begin, entry.end, *bytes, kAgain);
  return entry;
}

// Sorted by place; together they must fill the data exactly.
void check_places(const std::string& file, const std::vector<HeaderEntry>& entries, uint64_t size) {
  uint64_t end = 0;
  for (const HeaderEntry& e : entries) {
    base::check(
        e.end <= size,
        "{}: tensor {} ends at byte {} of {} (the file is cut short or its header lies), {}", file,
        e.name, e.end, size, kAgain);
    base::check(e.begin >= end, "{}: tensor {} overlaps the tensor before it (the header lies), {}",
                file, e.name, kAgain);
    base::check(e.begin == end,
                "{}: tensor {} has a hole of {} bytes before it (the header lies), {}", file,
                e.name, e.begin - end, kAgain);
    end = e.end;
  }
  base::check(end == size, "{}: {} bytes follow the last tensor (the header lies), {}", file,
              size - end, kAgain);
}

std::string_view header_text(const std::string& file, std::string_view bytes) {
  uint64_t length = 0;
  const bool begins = bytes.size() >= sizeof length;
  if (begins) std::memcpy(&length, bytes.data(), sizeof length);
  const bool fits =
      begins && length > 0 && length <= kLongestHeader && length <= bytes.size() - sizeof length;
  const std::string kind = fits ? "" : base::seems_to_be(bytes);
  base::check(kind.empty(), "{}: is not a safetensors file{}, {}", file, kind, kAgain);
  base::check(begins, "{}: has {} bytes (no safetensors header fits), {}", file, bytes.size(),
              kAgain);
  base::check(
      fits,
      "{}: its header should take {} bytes but the file has {} (cut short, or not safetensors), {}",
      file, length, bytes.size(), kAgain);
  return bytes.substr(sizeof length, length);
}

std::vector<HeaderEntry> parse_header(const std::string& file, std::string_view text) {
  const json header = json::parse(base::shallow_json(text), nullptr, /*allow_exceptions=*/false);
  base::check(header.is_object(),
              "{}: its header is not a JSON object (damaged, or not safetensors), {}", file,
              kAgain);
  std::vector<HeaderEntry> entries;
  for (const auto& [name, value] : header.items())
    if (name != "__metadata__") entries.push_back(parse_entry(file, name, value));
  std::sort(entries.begin(), entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  return entries;
}

size_t type_index(const std::string& tensor, at::ScalarType type) {
  for (size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].type == type) return i;
  base::fail(
      "tensor {} holds {} values (safetensors files here have no such type), convert it first",
      tensor, at::toString(type));
}

struct Item {
  std::string name;
  at::Tensor tensor;
  size_t type = 0;  // in kTypes
};

std::vector<Item> in_file_order(const Tensors& tensors) {
  std::vector<Item> items;
  for (const auto& [name, tensor] : tensors) {
    assert(tensor.defined());
    items.push_back(
        {.name = name, .tensor = tensor, .type = type_index(name, tensor.scalar_type())});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.type < b.type; });
  return items;
}

std::string write_header(const std::vector<Item>& items) {
  nlohmann::ordered_json header{{"__metadata__", {{"format", "pt"}}}};
  uint64_t begin = 0;
  for (const Item& item : items) {
    const uint64_t end = begin + item.tensor.nbytes();
    header[item.name] = {{"dtype", kTypes[item.type].name},
                         {"shape", item.tensor.sizes().vec()},
                         {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::type_error&) {
    base::fail("a tensor's name is not UTF-8 (no safetensors file holds it), rename the tensor");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

}  // namespace

Tensors read_safetensors(const fs::path& file) { return read_safetensors(map_weights(file)); }

Tensors read_safetensors(const Mapped& mapped) {
  const std::string name = mapped->path().string();
  const std::string_view text = header_text(name, mapped->bytes());
  const std::string_view data = mapped->bytes().substr(sizeof(uint64_t) + text.size());
  const std::vector<HeaderEntry> entries = parse_header(name, text);
  check_places(name, entries, data.size());
  Tensors tensors;
  for (const HeaderEntry& e : entries) {
    tensors[e.name] = mapped_tensor(mapped, data.substr(e.begin, e.end - e.begin),
                                    {.type = e.type, .sizes = e.sizes});
  }
  return tensors;
}

void write_safetensors(const fs::path& file, const Tensors& tensors) {
  const std::vector<Item> items = in_file_order(tensors);
  const std::string header = write_header(items);
  base::FileWriter out(file);
  out.write(header);
  for (const Item& item : items) {  // one at a time: the whole may not fit in memory twice
    const at::Tensor plain = item.tensor.detach().to(at::kCPU).contiguous();
    out.write({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  }
  out.put_in_place();
}

}  // namespace lorahub::checkpoint
