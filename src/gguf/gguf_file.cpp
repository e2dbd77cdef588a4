#include "gguf/gguf_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "base/check.hpp"

namespace lorahub::gguf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopyAgain = "copy or download the file again";

constexpr std::array kValueTypes{
    ValueType{0, "F32", Plain::f32, {}},
    ValueType{1, "F16", Plain::f16, {}},
    ValueType{30, "BF16", Plain::bf16, {}},
    ValueType{2, "Q4_0", {}, BlockType{}},
    ValueType{3, "Q4_1", {}, BlockType{.has_minimum = true}},
    ValueType{6, "Q5_0", {}, BlockType{.has_fifth_bit = true}},
    ValueType{7, "Q5_1", {}, BlockType{.has_minimum = true, .has_fifth_bit = true}},
    ValueType{8, "Q8_0", {}, BlockType{.bits = 8}},
    // Known by name alone.
    ValueType{9, "Q8_1", {}, {}},
    ValueType{10, "Q2_K", {}, {}},
    ValueType{11, "Q3_K", {}, {}},
    ValueType{12, "Q4_K", {}, {}},
    ValueType{13, "Q5_K", {}, {}},
    ValueType{14, "Q6_K", {}, {}},
    ValueType{15, "Q8_K", {}, {}},
    ValueType{16, "IQ2_XXS", {}, {}},
    ValueType{17, "IQ2_XS", {}, {}},
    ValueType{18, "IQ3_XXS", {}, {}},
    ValueType{19, "IQ1_S", {}, {}},
    ValueType{20, "IQ4_NL", {}, {}},
    ValueType{21, "IQ3_S", {}, {}},
    ValueType{22, "IQ2_S", {}, {}},
    ValueType{23, "IQ4_XS", {}, {}},
    ValueType{24, "I8", {}, {}},
    ValueType{25, "I16", {}, {}},
    ValueType{26, "I32", {}, {}},
    ValueType{27, "I64", {}, {}},
    ValueType{28, "F64", {}, {}},
    ValueType{29, "IQ1_M", {}, {}},
    ValueType{34, "TQ1_0", {}, {}},
    ValueType{35, "TQ2_0", {}, {}},
    ValueType{39, "MXFP4", {}, {}},
};

// The types of values of the metadata, as files number them.
enum class MetadataKind : uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  flag,
  text,
  list,
  u64,
  i64,
  f64
};

// The bytes of a file from its beginning on; every step is checked against its end.
class HeaderReader {
 public:
  HeaderReader(std::string_view bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number<uint64_t>())); }

  // A count of things that take at least `least` bytes each.
  uint64_t count(uint64_t least) {
    const auto value = number<uint64_t>();
    base::check(value <= (bytes_.size() - place_) / least,
                "{}: byte {} counts {} things (the file has {} bytes), {}", file_,
                place_ - sizeof value, value, bytes_.size(), kCopyAgain);
    return value;
  }

  uint64_t place() const { return place_; }
  const std::string& file() const { return file_; }

 private:
  std::string_view take(uint64_t length) {
    base::check(length <= bytes_.size() - place_,
                "{}: ends at byte {} (something of {} bytes begins at {}: it was cut short), {}",
                file_, bytes_.size(), length, place_, kCopyAgain);
    const std::string_view taken = bytes_.substr(place_, length);
    place_ += length;
    return taken;
  }

  std::string_view bytes_;
  std::string file_;
  uint64_t place_ = 0;
};

int64_t read_u64(HeaderReader& in) {
  const auto value = in.number<uint64_t>();
  base::check(value <= INT64_MAX, "{}: a number of the metadata is {} (above 2^63), {}", in.file(),
              value, kCopyAgain);
  return static_cast<int64_t>(value);
}

size_t width(MetadataKind kind) {
  switch (kind) {
    case MetadataKind::u8:
    case MetadataKind::i8:
    case MetadataKind::flag:
      return 1;
    case MetadataKind::u16:
    case MetadataKind::i16:
      return 2;
    case MetadataKind::u32:
    case MetadataKind::i32:
    case MetadataKind::f32:
      return 4;
    default:
      return 8;  // a text begins with its length
  }
}

// A value that is neither a text nor a list.
std::variant<int64_t, double> read_number(HeaderReader& in, MetadataKind kind) {
  switch (kind) {
    case MetadataKind::u8:
      return int64_t{in.number<uint8_t>()};
    case MetadataKind::i8:
      return int64_t{in.number<int8_t>()};
    case MetadataKind::u16:
      return int64_t{in.number<uint16_t>()};
    case MetadataKind::i16:
      return int64_t{in.number<int16_t>()};
    case MetadataKind::u32:
      return int64_t{in.number<uint32_t>()};
    case MetadataKind::i32:
      return int64_t{in.number<int32_t>()};
    case MetadataKind::u64:
      return read_u64(in);
    case MetadataKind::i64:
      return in.number<int64_t>();
    case MetadataKind::f32:
      return double{in.number<float>()};
    case MetadataKind::f64:
      return in.number<double>();
    case MetadataKind::flag:
      return int64_t{in.number<uint8_t>() != 0};
    default:
      break;
  }
  base::fail(
      "{}: a value before byte {} is of type {} (0 to 12 are known, and lists of no lists), {}",
      in.file(), in.place(), static_cast<uint32_t>(kind), kCopyAgain);
}

template <class T>
std::vector<T> read_numbers(HeaderReader& in, MetadataKind kind) {
  std::vector<T> list(in.count(width(kind)));
  for (T& each : list) each = std::get<T>(read_number(in, kind));
  return list;
}

MetadataValue read_list(HeaderReader& in) {
  const auto kind = static_cast<MetadataKind>(in.number<uint32_t>());
  if (kind == MetadataKind::text) {
    std::vector<std::string> list(in.count(width(kind)));
    for (std::string& each : list) each = in.text();
    return list;
  }
  if (kind == MetadataKind::f32 || kind == MetadataKind::f64) return read_numbers<double>(in, kind);
  return read_numbers<int64_t>(in, kind);
}

MetadataValue read_value(HeaderReader& in) {
  const auto kind = static_cast<MetadataKind>(in.number<uint32_t>());
  if (kind == MetadataKind::text) return in.text();
  if (kind == MetadataKind::list) return read_list(in);
  return std::visit([](auto number) { return MetadataValue(number); }, read_number(in, kind));
}

std::map<std::string, MetadataValue> read_values(HeaderReader& in, uint64_t count) {
  std::map<std::string, MetadataValue> values;
  for (uint64_t i = 0; i < count; ++i) {
    std::string key = in.text();
    const bool is_new = values.emplace(key, read_value(in)).second;
    base::check(is_new, "{}: {} is there twice (which one is meant?), {}", in.file(), key,
                kCopyAgain);
  }
  return values;
}

ValueType value_type(const std::string& where, uint32_t number) {
  const auto* const found = std::ranges::find(kValueTypes, number, &ValueType::number);
  base::check(found != kValueTypes.end() && (found->plain || found->blocks),
              "{} is of type {} (F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 are read here), "
              "choose a file with these",
              where, found == kValueTypes.end() ? std::to_string(number) : found->name);
  return *found;
}

// Where a tensor lies: bytes behind the header.
struct TensorPlace {
  uint64_t begin = 0, bytes = 0;
};

uint64_t byte_count(const StoredTensor& tensor, const std::string& where) {
  uint64_t count = 1;
  for (const int64_t size : tensor.sizes) {
    base::check(static_cast<uint64_t>(size) <= (uint64_t{1} << 48) / count,
                "{} has more values than a file holds, {}", where, kCopyAgain);
    count *= static_cast<uint64_t>(size);
  }
  if (tensor.type.plain) return count * (*tensor.type.plain == Plain::f32 ? 4 : 2);
  base::check(tensor.sizes.back() % kBlock == 0,
              "{} has rows of {} values (type {} has blocks of {}), {}", where, tensor.sizes.back(),
              tensor.type.name, kBlock, kCopyAgain);
  return count / kBlock * static_cast<uint64_t>(tensor.type.blocks->bytes());
}

TensorPlace read_place(HeaderReader& in, StoredTensor& tensor) {
  tensor.name = in.text();
  const std::string where = base::format("{}: tensor {}", in.file(), tensor.name);
  const auto dimensions = in.number<uint32_t>();
  base::check(dimensions >= 1 && dimensions <= 4, "{} has {} dimensions (1 to 4 are possible), {}",
              where, dimensions, kCopyAgain);
  for (uint32_t i = 0; i < dimensions; ++i) {
    const auto size = in.number<uint64_t>();
    base::check(size >= 1 && size <= INT64_MAX, "{} has a dimension of {} values, {}", where, size,
                kCopyAgain);
    tensor.sizes.insert(tensor.sizes.begin(),
                        static_cast<int64_t>(size));  // files begin at the end
  }
  tensor.type = value_type(where, in.number<uint32_t>());
  const auto begin = in.number<uint64_t>();
  return {.begin = begin, .bytes = byte_count(tensor, where)};
}

uint64_t alignment_of(const Metadata& metadata) {
  const int64_t value = metadata.integer("general.alignment").value_or(32);
  base::check(value >= 8 && value <= 1 << 20 && std::has_single_bit(static_cast<uint64_t>(value)),
              "{}: general.alignment is {} (no power of two from 8 to 2^20), {}", metadata.file(),
              value, kCopyAgain);
  return static_cast<uint64_t>(value);
}

// Tensors lie behind each other in `data`, each at a multiple of the alignment.
void set_bytes(GgufFile& result, const std::vector<TensorPlace>& places, std::string_view data) {
  const uint64_t alignment = alignment_of(result.metadata);
  std::vector<size_t> order(places.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](size_t i) { return places[i].begin; });
  uint64_t end = 0;
  for (const size_t i : order) {
    const TensorPlace& place = places[i];
    StoredTensor& tensor = result.tensors[i];
    base::check(place.begin % alignment == 0 && place.begin >= end,
                "{}: tensor {} begins at byte {} of the data (the one before it ends at {}, and "
                "the alignment is {}), {}",
                result.metadata.file(), tensor.name, place.begin, end, alignment, kCopyAgain);
    base::check(place.begin <= data.size() && place.bytes <= data.size() - place.begin,
                "{}: tensor {} is {} bytes from byte {} of the data on (the file has {}: it was "
                "cut short), {}",
                result.metadata.file(), tensor.name, place.bytes, place.begin, data.size(),
                kCopyAgain);
    end = place.begin + place.bytes;
    tensor.bytes = data.substr(place.begin, place.bytes);
  }
}

std::vector<TensorPlace> read_places(HeaderReader& in, std::vector<StoredTensor>& tensors) {
  std::vector<TensorPlace> places;
  std::set<std::string> names;
  for (StoredTensor& tensor : tensors) {
    places.push_back(read_place(in, tensor));
    base::check(names.insert(tensor.name).second, "{}: tensor {} is there twice, {}", in.file(),
                tensor.name, kCopyAgain);
  }
  return places;
}

void check_begins(HeaderReader& in, std::string_view bytes) {
  base::check(bytes.starts_with("GGUF"), "{}: is no GGUF file (it begins otherwise), {}", in.file(),
              kCopyAgain);
  in.number<uint32_t>();
  const auto version = in.number<uint32_t>();
  base::check(version == 2 || version == 3,
              "{}: is GGUF of version {} (2 and 3 are read here), convert the model again",
              in.file(), version);
}

}  // namespace

int64_t StoredTensor::count() const {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return count;
}

const StoredTensor* GgufFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &StoredTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

GgufFile read_gguf(const fs::path& path) {
  auto mapped = std::make_shared<const base::MappedFile>(path);
  const std::string_view bytes = mapped->bytes();
  HeaderReader in(bytes, path.string());
  check_begins(in, bytes);
  constexpr uint64_t kLeastTensor = 32, kLeastValue = 13;  // bytes of their entries
  const uint64_t tensors = in.count(kLeastTensor), values = in.count(kLeastValue);
  GgufFile result{.mapped = std::move(mapped),
                  .metadata = Metadata(path, read_values(in, values)),
                  .tensors = std::vector<StoredTensor>(tensors)};
  const std::vector<TensorPlace> places = read_places(in, result.tensors);
  const uint64_t alignment = alignment_of(result.metadata);
  const uint64_t begin = (in.place() + alignment - 1) / alignment * alignment;
  set_bytes(result, places, bytes.substr(std::min<uint64_t>(begin, bytes.size())));
  return result;
}

std::optional<fs::path> gguf_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error) || fs::exists(folder / "config.json", error))
    return std::nullopt;
  std::set<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == kExtension) found.insert(entry.path());
  base::check(found.size() <= 1,
              "{}: has {} files *.gguf, {} among them (which one is the model?), leave one of them "
              "in the folder",
              folder.string(), found.size(),
              found.empty() ? "" : found.begin()->filename().string());
  return found.empty() ? std::nullopt : std::optional(*found.begin());
}

}  // namespace lorahub::gguf
