#include "text/bpe_finder.hpp"

#include <nlohmann/json.hpp>

#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

// Looks for the model's kind while the file is read, so that the vocabulary need not be kept.
class BpeFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool is_bpe() const { return type_.empty() ? has_merges_ : type_ == "BPE"; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool string(string_t& value) override {
    if (depth_ != 2 || !in_model_ || key_ != "type") return true;
    type_ = value;
    return false;  // the rest says no more
  }
  bool key(string_t& name) override {
    if (depth_ == 1) in_model_ = name == "model";
    if (depth_ == 2) key_ = name;
    has_merges_ = has_merges_ || (depth_ == 2 && in_model_ && name == "merges");
    return true;
  }
  bool start_object(std::size_t) override { return ++depth_, true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
  bool in_model_ = false, has_merges_ = false;
  std::string key_, type_;  // the last key of a part of the file; the type of the model
};

}  // namespace

bool is_bpe_json(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return false;
  const std::string text = read_tokenizer_json_text(file);
  BpeFinder finder;
  nlohmann::json::sax_parse(text, &finder);
  return finder.is_bpe();
}

}  // namespace lorahub::text
