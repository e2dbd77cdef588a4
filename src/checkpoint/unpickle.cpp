#include "checkpoint/unpickle.hpp"

#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace lorahub::checkpoint {
namespace {

constexpr std::string_view kOrderedDict = "collections.OrderedDict";

template <std::integral T>
T big_endian(std::string_view bytes) {
  T value = 0;
  for (const char byte : bytes)
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(byte));
  return value;
}

}  // namespace

Unpickler::Unpickler(std::string_view pickle, std::string file, Rules rules)
    : left_(pickle), file_(std::move(file)), rules_(std::move(rules)) {}

PickleValue Unpickler::run() {
  for (;;) {
    const auto code = number<unsigned char>();
    if (code == '.') return pop();
    if (!literal(code) && !container(code) && !memory(code) && !object(code)) {
      base::fail(
          "{}: its pickle holds the operation 0x{:02x} (weights saved by torch.save do not), "
          "get the weights as safetensors",
          file_, code);
    }
  }
}

void Unpickler::damaged() const {
  base::fail(
      "{}: its pickle is damaged (cut short, or its operations do not fit together), "
      "download it again",
      file_);
}

void Unpickler::refuse(std::string_view name) const {
  base::fail(
      "{}: refuses to run '{}' (a weights file needs only to rebuild tensors, this one may be "
      "malicious), get the weights as safetensors or save the state dict alone",
      file_, name);
}

std::string_view Unpickler::take(uint64_t length) {
  if (length > left_.size()) damaged();
  const std::string_view taken = left_.substr(0, length);
  left_.remove_prefix(length);
  return taken;
}

std::string_view Unpickler::line() {
  const size_t end = left_.find('\n');
  if (end == std::string_view::npos) damaged();
  const std::string_view text = take(end);
  take(1);
  return text;
}

template <class T>
T Unpickler::number() {
  T value;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

// Little-endian two's complement of any length; what needs over 64 bits is no size of ours.
int64_t Unpickler::long_number(uint64_t length) {
  const std::string_view bytes = take(length);
  if (length > 8) damaged();
  uint64_t value = length > 0 && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<int64_t>(value);
}

PickleValue Unpickler::pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) damaged();
  PickleValue value = std::move(stack_.back());
  stack_.pop_back();
  return value;
}

template <class T>
T* Unpickler::top() {
  if (stack_.empty()) damaged();
  auto* found = std::get_if<T*>(&stack_.back());
  if (found == nullptr) damaged();
  return *found;
}

PickleList* Unpickler::pop_values() {
  PickleValue value = pop();
  auto* found = std::get_if<PickleList*>(&value);
  if (found == nullptr) damaged();
  return *found;
}

PickleList Unpickler::last(size_t count) {
  PickleList values(count);
  for (size_t i = count; i-- > 0;) values[i] = pop();
  return values;
}

PickleList Unpickler::since_mark() {
  if (marks_.empty() || marks_.back() > stack_.size()) damaged();
  PickleList values = last(stack_.size() - marks_.back());
  marks_.pop_back();
  return values;
}

void Unpickler::push_values(PickleList values) { push(&lists_.emplace_back(std::move(values))); }

void Unpickler::push_dict(PickleList keys_and_values) {
  push(&dicts_.emplace_back());
  add_to_dict(std::move(keys_and_values));
}

void Unpickler::add_to_list(PickleList values) {
  auto* list = top<PickleList>();
  for (PickleValue& value : values) list->push_back(std::move(value));
}

void Unpickler::add_to_dict(PickleList keys_and_values) {
  auto* dict = top<Dict>();
  if (keys_and_values.size() % 2 != 0) damaged();
  for (size_t i = 0; i < keys_and_values.size(); i += 2)
    dict->items.emplace_back(std::move(keys_and_values[i]), std::move(keys_and_values[i + 1]));
}

bool Unpickler::literal(unsigned char code) {
  switch (code) {
    case 'N':
      push(None{});
      return true;
    case 0x88:
      push(true);
      return true;
    case 0x89:
      push(false);
      return true;
    case 'K':
      push(int64_t{number<uint8_t>()});
      return true;
    case 'M':
      push(int64_t{number<uint16_t>()});
      return true;
    case 'J':
      push(int64_t{number<int32_t>()});
      return true;
    case 0x8a:
      push(long_number(number<uint8_t>()));
      return true;  // LONG1
    case 0x8b:
      push(long_number(number<uint32_t>()));
      return true;  // LONG4
    case 'G':
      push(std::bit_cast<double>(big_endian<uint64_t>(take(8))));
      return true;
    case 0x8c:
    case 'U':
    case 'C':
      push(take(number<uint8_t>()));
      return true;  // text or bytes
    case 'X':
    case 'T':
    case 'B':
      push(take(number<uint32_t>()));
      return true;
    case 0x8d:
    case 0x8e:
      push(take(number<uint64_t>()));
      return true;
    default:
      return false;
  }
}

bool Unpickler::container(unsigned char code) {
  switch (code) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case ')':
    case ']':
      push_values({});
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      push_values(last(code - 0x84u));
      return true;  // TUPLE1 to 3
    case 't':
    case 'l':
      push_values(since_mark());
      return true;
    case 'a':
      add_to_list(last(1));
      return true;
    case 'e':
      add_to_list(since_mark());
      return true;
    case '}':
      push_dict({});
      return true;
    case 'd':
      push_dict(since_mark());
      return true;
    case 's':
      add_to_dict(last(2));
      return true;
    case 'u':
      add_to_dict(since_mark());
      return true;
    default:
      return false;
  }
}

void Unpickler::remember(uint64_t index) {
  if (stack_.empty()) damaged();
  memo_[index] = stack_.back();
}

void Unpickler::recall(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) damaged();
  push(found->second);
}

bool Unpickler::memory(unsigned char code) {
  switch (code) {
    case 0x80:  // PROTO
      if (number<uint8_t>() > 5) damaged();
      return true;
    case 0x95:
      take(8);
      return true;  // FRAME: a length that unframed reading does not need
    case '0':
      pop();
      return true;
    case '1':
      since_mark();
      return true;
    case '2':
      push(pop());
      push(stack_.back());
      return true;  // DUP
    case 'q':
      remember(number<uint8_t>());
      return true;
    case 'r':
      remember(number<uint32_t>());
      return true;
    case 0x94:
      remember(memo_.size());
      return true;  // MEMOIZE
    case 'h':
      recall(number<uint8_t>());
      return true;
    case 'j':
      recall(number<uint32_t>());
      return true;
    default:
      return false;
  }
}

bool Unpickler::object(unsigned char code) {
  switch (code) {
    case 'c': {  // GLOBAL
      const std::string_view module = line();
      name_global(module, line());
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const PickleList names = last(2);
      const auto* module = std::get_if<std::string_view>(&names[0]);
      const auto* name = std::get_if<std::string_view>(&names[1]);
      if (module == nullptr || name == nullptr) damaged();
      name_global(*module, *name);
      return true;
    }
    case 'i': {  // INST
      const std::string_view module = line();
      name_global(module, line());
      const PickleValue callable = pop();
      call(callable, since_mark());
      return true;
    }
    case 'o': {  // OBJ
      const PickleList all = since_mark();
      if (all.empty()) damaged();
      call(all.front(), PickleList(all.begin() + 1, all.end()));
      return true;
    }
    case 'R':
    case 0x81: {  // REDUCE, NEWOBJ
      const PickleList* arguments = pop_values();
      const PickleValue callable = pop();
      call(callable, *arguments);
      return true;
    }
    case 0x92:
      refuse("NEWOBJ_EX");
    case 0x82:
    case 0x83:
    case 0x84:
      refuse("a registered extension");
    case 'b':
      build();
      return true;
    case 'Q':
      push(rules_.storage(*pop_values()));
      return true;
    default:
      return false;
  }
}

void Unpickler::name_global(std::string_view module, std::string_view name) {
  const std::string& full = names_.emplace_back(base::format("{}.{}", module, name));
  if (full != kOrderedDict && !rules_.known(full)) refuse(full);
  push(Global{full});
}

void Unpickler::call(const PickleValue& callable, const PickleList& arguments) {
  const auto* global = std::get_if<Global>(&callable);
  if (global == nullptr) damaged();
  if (global->name != kOrderedDict) return push(rules_.call(global->name, arguments));
  if (!arguments.empty()) damaged();  // items follow by SETITEMS
  push_dict({});
}

// A module's state dict carries _metadata as an attribute; it has no numbers that matter here.
void Unpickler::build() {
  const PickleValue state = pop();
  top<Dict>();
  if (!std::holds_alternative<Dict*>(state)) damaged();
}

}  // namespace lorahub::checkpoint
