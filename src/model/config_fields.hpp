// The fields of a model's config.json, checked as they are read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lorahub::model {

// A field that is absent or null has the default that the caller names, as in transformers. Errors
// name the file and the field.
class ConfigFields {
 public:
  // Reads the config.json of a folder, or another file like it. Error where there is none; `kind`
  // says what the folder should be ("T5 model").
  ConfigFields(const std::filesystem::path& folder, std::string kind,
               const char* name = "config.json");

  struct Range {
    int64_t low, high;
  };
  int64_t integer(const char* key, int64_t absent, Range range) const;
  int64_t size(const char* key, int64_t absent) const;  // 1 to 2^24
  double small(const char* key, double absent) const;   // between 0 and 1
  double share(const char* key, double absent) const;   // from 0 to below 1
  double positive(const char* key, double absent) const;
  std::string word(const char* key, const char* absent) const;
  bool flag(const char* key, bool absent) const;
  // One whole number or a list of them; empty where it is absent.
  std::vector<int64_t> integers(const char* key, Range range) const;
  std::vector<std::string> words(const char* key) const;

  bool is_word(const char* key) const;
  bool is_null(const char* key) const;      // there, as null
  bool has(const char* key) const;          // neither absent nor null
  bool is_used(const char* key) const;      // null, false, 0, "", [] and {} are not
  std::string text(const char* key) const;  // the value as JSON, shortened
  std::optional<ConfigFields> object(const char* key) const;

  // Error with this reason where the field is set, to anything but false, "" or an empty list: for
  // settings that no network of the kind is computed with here.
  void refuse(const char* key, const char* reason) const;
  // Error where the field `alias`, another name for the same size in transformers, is there and is
  // not `value`, which the field `key` has.
  void agree(const char* alias, const char* key, int64_t value) const;

  const std::string& file() const { return file_; }

 private:
  struct Values;  // of JSON
  ConfigFields(const ConfigFields& outer, const char* key, std::shared_ptr<const Values> values);

  std::string file_, kind_;
  std::string path_;  // "rope_scaling." before the names of fields, in messages
  std::shared_ptr<const Values> values_;
};

// The text of a folder's config.json, or what the file of a GGUF model says in its place.
std::string config_text(const std::filesystem::path& folder);

}  // namespace lorahub::model
