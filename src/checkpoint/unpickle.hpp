// A reader of pickles that executes nothing: a global is only a name, and the caller's Rules say
// what may be made of it. It is ours because nothing in a pickle may be executed: weight files come
// from strangers, and Python's pickle calls whatever a file names.
#pragma once
#include <ATen/core/Tensor.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace lorahub::checkpoint {

struct PickleValue;
using PickleList = std::vector<PickleValue>;  // a list or tuple
struct Dict;
struct None {};
struct Global {
  std::string_view name;  // "torch._utils._rebuild_tensor_v2"
};
struct Storage {
  at::Tensor elements;  // [n]
};

// A value of a pickle. Lists and dicts belong to the Unpickler and texts to it or to the pickle's
// bytes, so a PickleValue must not outlive these.
struct PickleValue : std::variant<None, bool, int64_t, double, std::string_view, Global,
                                  PickleList*, Dict*, Storage, at::Tensor> {
  using variant::variant;
};
struct Dict {
  std::vector<std::pair<PickleValue, PickleValue>>
      items;  // in order; a later one replaces an earlier of the same key
};

struct Rules {
  std::function<bool(std::string_view name)> known;  // any other global is refused when it is named
  std::function<PickleValue(std::string_view name, const PickleList& arguments)> call;
  std::function<PickleValue(const PickleList& id)> storage;  // for persistent ids
};

// Reads the part of protocols 2 to 5 that torch.save writes for dicts of tensors. It makes a
// collections.OrderedDict itself. Errors begin with `file`.
class Unpickler {
 public:
  Unpickler(std::string_view pickle, std::string file, Rules rules);
  PickleValue run();

 private:
  bool literal(unsigned char code);
  bool container(unsigned char code);
  bool memory(unsigned char code);
  bool object(unsigned char code);

  [[noreturn]] void damaged() const;
  [[noreturn]] void refuse(std::string_view name) const;
  std::string_view take(uint64_t length);
  std::string_view line();
  template <class T>
  T number();
  int64_t long_number(uint64_t length);

  void push(PickleValue value) { stack_.push_back(std::move(value)); }
  PickleValue pop();
  PickleList* pop_values();
  PickleList since_mark();
  PickleList last(size_t count);
  void push_values(PickleList values);
  void push_dict(PickleList keys_and_values);
  void add_to_list(PickleList values);
  void add_to_dict(PickleList keys_and_values);
  void name_global(std::string_view module, std::string_view name);
  void call(const PickleValue& callable, const PickleList& arguments);
  void build();
  void remember(uint64_t index);
  void recall(uint64_t index);
  template <class T>
  T* top();

  std::string_view left_;
  std::string file_;
  Rules rules_;
  std::vector<PickleValue> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue> memo_;
  // These are deques because PickleValues point into them. They own everything in one place, since
  // a list may hold itself, and lists may nest deeper than recursive destructors could follow.
  std::deque<PickleList> lists_;
  std::deque<Dict> dicts_;
  std::deque<std::string> names_;
};

}  // namespace lorahub::checkpoint
