// What a GGUF file says of its model beside the tensors: values by key, "llama.block_count".
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lorahub::gguf {

// Whole numbers and flags of every width are int64_t, f32 and f64 are double.
using MetadataValue = std::variant<int64_t, double, std::string, std::vector<int64_t>,
                                   std::vector<double>, std::vector<std::string>>;

// Errors name the file and the key where a value is of another kind than the one asked for.
class Metadata {
 public:
  Metadata(std::filesystem::path file, std::map<std::string, MetadataValue> values);

  bool has(const std::string& key) const { return values_.contains(key); }
  const std::map<std::string, MetadataValue>& all() const { return values_; }
  const std::string& file() const { return file_; }

  // Null where the key is absent.
  std::optional<int64_t> integer(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;  // a whole one counts, too
  std::optional<std::string> text(const std::string& key) const;
  const std::vector<int64_t>* integers(const std::string& key) const;
  const std::vector<double>* numbers(const std::string& key) const;
  const std::vector<std::string>* texts(const std::string& key) const;

  // Error where the key is absent.
  int64_t needed_integer(const std::string& key) const;
  double needed_number(const std::string& key) const;
  std::string needed_text(const std::string& key) const;

 private:
  template <class T>
  const T* value(const std::string& key, const char* kind) const;
  void check_there(const std::string& key) const;

  std::string file_;
  std::map<std::string, MetadataValue> values_;
};

}  // namespace lorahub::gguf
