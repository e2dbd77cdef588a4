// torch.save since 1.6: a zip of NAME/data.pkl and NAME/data/<key>, one member per storage.
#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/crc32.hpp"
#include "base/file_kind.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/unpickle.hpp"
#include "checkpoint/weights.hpp"
#include "checkpoint/zip.hpp"

namespace lorahub::checkpoint {
namespace {

struct StorageType {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array kStorages{StorageType{"torch.DoubleStorage", at::kDouble},
                               StorageType{"torch.FloatStorage", at::kFloat},
                               StorageType{"torch.HalfStorage", at::kHalf},
                               StorageType{"torch.BFloat16Storage", at::kBFloat16},
                               StorageType{"torch.LongStorage", at::kLong},
                               StorageType{"torch.IntStorage", at::kInt},
                               StorageType{"torch.ShortStorage", at::kShort},
                               StorageType{"torch.CharStorage", at::kChar},
                               StorageType{"torch.ByteStorage", at::kByte},
                               StorageType{"torch.BoolStorage", at::kBool},
                               StorageType{"torch.storage.UntypedStorage", at::kByte}};
constexpr int64_t kMostRepeated = 64 << 20;  // bytes
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kSize = "torch.Size";

const StorageType* storage_type(std::string_view name) {
  const auto* found = std::find_if(kStorages.begin(), kStorages.end(),
                                   [&](const StorageType& s) { return s.name == name; });
  return found == kStorages.end() ? nullptr : found;
}

bool known(std::string_view name) {
  return name == kTensor || name == kParameter || name == kSize || storage_type(name) != nullptr;
}

// Whether every element of the view lies in the storage of `count` elements.
bool inside(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset, int64_t count) {
  if (offset < 0) return false;
  int64_t last = offset;
  for (size_t i = 0; i < sizes.size(); ++i) {
    int64_t reach = 0;
    if (strides[i] < 0 || __builtin_mul_overflow(sizes[i] - 1, strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return false;
  }
  return last < count;
}

class CheckpointReader {
 public:
  explicit CheckpointReader(const Mapped& mapped)
      : file_(mapped->path().string()), mapped_(mapped) {
    check_format();
    members_ = zip_members(mapped_->bytes(), file_);
    for (const auto& [name, member] : members_)
      if (name.ends_with("/data.pkl")) folder_ = name.substr(0, name.size() - 8);
    base::check(!folder_.empty(),
                "{}: has no data.pkl (not written by torch.save), download it again", file_);
    const auto order = members_.find(folder_ + "byteorder");
    base::check(order == members_.end() || order->second.bytes == "little",
                "{}: was written on a big-endian machine (not read here), save it as safetensors",
                file_);
  }

  Tensors read() {
    Unpickler loaded(
        member("data.pkl"), file_,
        {.known = known,
         .call = [this](auto name, const PickleList& arguments) { return call(name, arguments); },
         .storage = [this](const PickleList& id) { return storage(id); }});
    return tensors(loaded.run());
  }

 private:
  [[noreturn]] void lies(const char* what) const {
    base::fail(
        "{}: its pickle describes {} that can't be (the file is damaged or lies), "
        "download it again",
        file_, what);
  }

  std::string_view member(const std::string& name) const {
    const auto found = members_.find(folder_ + name);
    base::check(found != members_.end(),
                "{}: its {} is missing (the file is damaged), download it again", file_, name);
    base::check(base::crc32(found->second.bytes) == found->second.crc,
                "{}: the checksum of its {} is wrong (the file is damaged), download it again",
                file_, name);
    return found->second.bytes;
  }

  void check_format() const {
    const std::string_view bytes = mapped_->bytes();
    const bool tar = bytes.size() > 262 && bytes.substr(257, 5) == "ustar";
    base::check(
        !bytes.starts_with("\x80\x02\x8a\x0a") && !tar,
        "{}: is in PyTorch's format of before 1.6 (only the zip format is read), convert it once: "
        "torch.save(torch.load(FILE, weights_only=True), FILE)",
        file_);
    base::check(bytes.starts_with("PK\3\4"),
                "{}: is not a file of torch.save (it is no zip archive){}, download it again",
                file_, base::seems_to_be(bytes));
  }

  template <class T>
  const T& argument(const PickleList& values, size_t i, const char* what) const {
    if (i >= values.size() || !std::holds_alternative<T>(values[i])) lies(what);
    return std::get<T>(values[i]);
  }

  std::vector<int64_t> integers(const PickleList& values, const char* what) const {
    std::vector<int64_t> out;
    for (size_t i = 0; i < values.size(); ++i) out.push_back(argument<int64_t>(values, i, what));
    return out;
  }

  // ('storage', type, key, device, elements)
  PickleValue storage(const PickleList& id) {
    const char* what = "a storage";
    if (argument<std::string_view>(id, 0, what) != "storage") lies(what);
    const StorageType* type = storage_type(argument<Global>(id, 1, what).name);
    const std::string key(argument<std::string_view>(id, 2, what));
    const auto count = argument<int64_t>(id, 4, what);
    if (type == nullptr) lies(what);
    const auto [place, fresh] = storages_.try_emplace(key);
    at::Tensor& elements = place->second;
    if (fresh) elements = stored("data/" + key, *type, count);
    if (elements.scalar_type() != type->type || elements.numel() != count)
      lies("a storage twice, in ways");
    return Storage{elements};
  }

  at::Tensor stored(const std::string& name, const StorageType& type, int64_t count) const {
    const auto bytes =
        tensor::byte_count({count}, static_cast<int64_t>(at::elementSize(type.type)));
    if (!bytes.has_value()) lies("a storage");
    const std::string_view data = member(name);
    base::check(
        static_cast<uint64_t>(*bytes) <= data.size(),
        "{}: its {} has {} bytes where {} are needed (the file is damaged), download it again",
        file_, name, data.size(), *bytes);
    return mapped_tensor(mapped_, data.substr(0, static_cast<size_t>(*bytes)),
                         {.type = type.type, .sizes = {count}});
  }

  PickleValue call(std::string_view name, const PickleList& arguments) {
    if (name == kTensor) return tensor(arguments);
    if (name == kParameter) return argument<at::Tensor>(arguments, 0, "a parameter");
    if (name == kSize) return argument<PickleList*>(arguments, 0, "a size");
    lies("a call of a storage type");
  }

  // A view by expand() repeats values, and a caller that converts it would write them all out.
  void repeat(int64_t bytes) {
    repeated_ += std::min(bytes, kMostRepeated + 1);
    base::check(repeated_ <= kMostRepeated,
                "{}: holds a tensor of {} bytes that repeats the values of a small storage (in "
                "full it may fill the memory), save it with .contiguous()",
                file_, bytes);
  }

  // (storage, offset, size, stride, requires_grad, hooks[, metadata])
  PickleValue tensor(const PickleList& arguments) {
    const char* what = "a tensor";
    const at::Tensor& elements = argument<Storage>(arguments, 0, what).elements;
    const auto offset = argument<int64_t>(arguments, 1, what);
    const auto sizes = integers(*argument<PickleList*>(arguments, 2, what), what);
    const auto strides = integers(*argument<PickleList*>(arguments, 3, what), what);
    if (arguments.size() > 6) {  // conjugate or negative views
      const auto* flags = std::get_if<Dict*>(&arguments[6]);
      if (flags != nullptr && !(*flags)->items.empty()) lies("a tensor with flags");
    }
    const auto bytes = tensor::byte_count(sizes, elements.element_size());
    if (!bytes.has_value() || sizes.size() != strides.size()) lies("a shape");
    if (*bytes == 0) return at::empty(sizes, elements.options());
    if (!inside(sizes, strides, offset, elements.numel())) lies("a tensor outside its storage");
    if (static_cast<uint64_t>(*bytes) > elements.nbytes()) repeat(*bytes);
    return at::as_strided(elements, sizes, strides, offset);
  }

  // The tensors of the dict itself, or of the one it holds as state_dict. Entries that are no
  // tensors (epoch, ...) are left out.
  Tensors tensors(const PickleValue& root) const {
    const auto* found = std::get_if<Dict*>(&root);
    base::check(found != nullptr, "{}: does not hold a dict of tensors, save model.state_dict()",
                file_);
    const Dict* dict = *found;
    for (const auto& [key, value] : dict->items) {
      const auto* text = std::get_if<std::string_view>(&key);
      const auto* inner = std::get_if<Dict*>(&value);
      if (text != nullptr && *text == "state_dict" && inner != nullptr) return named(**inner);
    }
    return named(*dict);
  }

  Tensors named(const Dict& dict) const {
    Tensors tensors;
    for (const auto& [key, value] : dict.items) {
      const auto* tensor = std::get_if<at::Tensor>(&value);
      if (tensor == nullptr) continue;
      const auto* name = std::get_if<std::string_view>(&key);
      if (name == nullptr) lies("a tensor without a name");
      tensors.insert_or_assign(std::string(*name), *tensor);
    }
    base::check(!tensors.empty(), "{}: holds no tensors by name, save model.state_dict()", file_);
    return tensors;
  }

  std::string file_;
  Mapped mapped_;
  ZipMembers members_;
  std::string folder_;  // "NAME/"
  std::map<std::string, at::Tensor> storages_;
  int64_t repeated_ = 0;  // bytes of all tensors that repeat values
};

}  // namespace

Tensors read_pytorch_bin(const std::filesystem::path& file) {
  return read_pytorch_bin(map_weights(file));
}

Tensors read_pytorch_bin(const Mapped& file) { return CheckpointReader(file).read(); }

}  // namespace lorahub::checkpoint
