#include "gguf/metadata.hpp"

#include "base/check.hpp"

namespace lorahub::gguf {

Metadata::Metadata(std::filesystem::path file, std::map<std::string, MetadataValue> values)
    : file_(file.string()), values_(std::move(values)) {}

template <class T>
const T* Metadata::value(const std::string& key, const char* kind) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return nullptr;
  const T* const value = std::get_if<T>(&found->second);
  base::check(value != nullptr,
              "{}: {} is no {} (the model would be another one), convert the model again", file_,
              key, kind);
  return value;
}

std::optional<int64_t> Metadata::integer(const std::string& key) const {
  const auto* const found = value<int64_t>(key, "whole number");
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<double> Metadata::number(const std::string& key) const {
  const auto found = values_.find(key);
  if (found != values_.end())
    if (const auto* const whole = std::get_if<int64_t>(&found->second))
      return static_cast<double>(*whole);
  const auto* const number = value<double>(key, "number");
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<std::string> Metadata::text(const std::string& key) const {
  const auto* const found = value<std::string>(key, "text");
  return found == nullptr ? std::nullopt : std::optional(*found);
}

const std::vector<int64_t>* Metadata::integers(const std::string& key) const {
  return value<std::vector<int64_t>>(key, "list of whole numbers");
}
const std::vector<double>* Metadata::numbers(const std::string& key) const {
  return value<std::vector<double>>(key, "list of numbers");
}
const std::vector<std::string>* Metadata::texts(const std::string& key) const {
  return value<std::vector<std::string>>(key, "list of texts");
}

void Metadata::check_there(const std::string& key) const {
  base::check(has(key),
              "{}: has no {} (the model can't be told without it), convert the model again", file_,
              key);
}

int64_t Metadata::needed_integer(const std::string& key) const {
  check_there(key);
  return *integer(key);
}
double Metadata::needed_number(const std::string& key) const {
  check_there(key);
  return *number(key);
}
std::string Metadata::needed_text(const std::string& key) const {
  check_there(key);
  return *text(key);
}

}  // namespace lorahub::gguf
