#include "model/config_fields.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "gguf/gguf_file.hpp"
#include "model/gguf_config.hpp"

namespace lorahub::model {

namespace {

constexpr std::string_view kConfigFile = "config.json";
constexpr const char* kOwn = "use the config.json that came with the weights";

std::filesystem::path config_file(const std::filesystem::path& folder, const std::string& kind,
                                  const char* name) {
  std::filesystem::path file = folder / name;
  if (name == kConfigFile)
    if (const auto gguf = gguf::gguf_of(folder)) return *gguf;
  base::check(
      std::filesystem::is_regular_file(file),
      "{}: no such file (it holds the sizes of the model), give the folder of a Hugging Face {}",
      file.string(), kind);
  return file;
}

// A GGUF file says itself what a config.json would.
std::string json_of(const std::filesystem::path& file) {
  return file.extension() == gguf::kExtension
             ? gguf_config(gguf::read_gguf(file))
             : base::read_json_object(file, "copy the model folder again");
}

std::string shortened(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 80);
}

}  // namespace

std::string config_text(const std::filesystem::path& folder) {
  return json_of(config_file(folder, "model", kConfigFile.data()));
}

struct ConfigFields::Values {
  explicit Values(nlohmann::json fields) : all(std::move(fields)) {}

  nlohmann::json all;

  nlohmann::json get(const char* key) const {
    const auto found = all.find(key);
    return found == all.end() ? nlohmann::json() : *found;
  }
};

ConfigFields::ConfigFields(const std::filesystem::path& folder, std::string kind, const char* name)
    : file_(config_file(folder, kind, name).string()),
      kind_(std::move(kind)),
      values_(std::make_shared<const Values>(nlohmann::json::parse(json_of(file_)))) {}

ConfigFields::ConfigFields(const ConfigFields& outer, const char* key,
                           std::shared_ptr<const Values> values)
    : file_(outer.file_),
      kind_(outer.kind_),
      path_(outer.path_ + key + "."),
      values_(std::move(values)) {}

int64_t ConfigFields::integer(const char* key, int64_t absent, Range range) const {
  nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  if (value.is_array() && value.size() == 1)
    value = nlohmann::json(value.front());  // "eos_token_id": [1]
  const bool whole = value.is_number_integer() &&
                     (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
  base::check(whole && value.get<int64_t>() >= range.low && value.get<int64_t>() <= range.high,
              "{}: {}{} is {} (a whole number from {} to {} is needed), {}", file_, path_, key,
              value.dump(), range.low, range.high, kOwn);
  return value.get<int64_t>();
}

int64_t ConfigFields::size(const char* key, int64_t absent) const {
  return integer(key, absent, {.low = 1, .high = int64_t{1} << 24});
}

double ConfigFields::small(const char* key, double absent) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  base::check(value.is_number() && value.get<double>() > 0 && value.get<double>() < 1,
              "{}: {}{} is {} (a number between 0 and 1 is needed), {}", file_, path_, key,
              value.dump(), kOwn);
  return value.get<double>();
}

double ConfigFields::share(const char* key, double absent) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  base::check(value.is_number() && value.get<double>() >= 0 && value.get<double>() < 1,
              "{}: {}{} is {} (a number from 0 to below 1 is needed), {}", file_, path_, key,
              value.dump(), kOwn);
  return value.get<double>();
}

double ConfigFields::positive(const char* key, double absent) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  base::check(value.is_number() && value.get<double>() > 0 && value.get<double>() < 1e12,
              "{}: {}{} is {} (a number above 0 is needed), {}", file_, path_, key, value.dump(),
              kOwn);
  return value.get<double>();
}

std::string ConfigFields::word(const char* key, const char* absent) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  base::check(value.is_string(), "{}: {}{} is {} (a word is needed), {}", file_, path_, key,
              value.dump(), kOwn);
  return value.get<std::string>();
}

bool ConfigFields::flag(const char* key, bool absent) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return absent;
  base::check(value.is_boolean(), "{}: {}{} is {} (true or false is needed), {}", file_, path_, key,
              value.dump(), kOwn);
  return value.get<bool>();
}

std::vector<int64_t> ConfigFields::integers(const char* key, Range range) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return {};
  const nlohmann::json list = value.is_array() ? value : nlohmann::json::array({value});
  std::vector<int64_t> all;
  for (const nlohmann::json& each : list) {
    const bool whole = each.is_number_integer() &&
                       (!each.is_number_unsigned() || each.get<uint64_t>() <= INT64_MAX);
    base::check(whole && each.get<int64_t>() >= range.low && each.get<int64_t>() <= range.high,
                "{}: {}{} is {} (whole numbers from {} to {} are needed), {}", file_, path_, key,
                shortened(value), range.low, range.high, kOwn);
    all.push_back(each.get<int64_t>());
  }
  return all;
}

std::vector<std::string> ConfigFields::words(const char* key) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return {};
  std::vector<std::string> all;
  for (const nlohmann::json& each : value) {
    base::check(value.is_array() && each.is_string(),
                "{}: {}{} is {} (a list of words is needed), {}", file_, path_, key,
                shortened(value), kOwn);
    all.push_back(each.get<std::string>());
  }
  return all;
}

bool ConfigFields::is_word(const char* key) const { return values_->get(key).is_string(); }

bool ConfigFields::is_null(const char* key) const {
  return values_->all.contains(key) && values_->all.at(key).is_null();
}

bool ConfigFields::has(const char* key) const { return !values_->get(key).is_null(); }

bool ConfigFields::is_used(const char* key) const {
  const nlohmann::json value = values_->get(key);
  return !(value.is_null() || value == false || value == 0 || value == "" ||
           (value.is_structured() && value.empty()));
}

std::string ConfigFields::text(const char* key) const { return shortened(values_->get(key)); }

std::optional<ConfigFields> ConfigFields::object(const char* key) const {
  const nlohmann::json value = values_->get(key);
  if (value.is_null()) return std::nullopt;
  base::check(value.is_object(), "{}: {}{} is {} (an object is needed), {}", file_, path_, key,
              shortened(value), kOwn);
  return ConfigFields(*this, key, std::make_shared<const Values>(value));
}

void ConfigFields::refuse(const char* key, const char* reason) const {
  const nlohmann::json value = values_->get(key);
  const bool unused =
      value.is_null() || value == false || value == "" || (value.is_structured() && value.empty());
  base::check(unused, "{}: {}{} is {} ({}), choose a plain {}", file_, path_, key, shortened(value),
              reason, kind_);
}

void ConfigFields::agree(const char* alias, const char* key, int64_t value) const {
  base::check(integer(alias, value, {.low = 0, .high = INT64_MAX}) == value,
              "{}: {} is {} but {} is {} (both name the same size), {}", file_, alias,
              values_->get(alias).dump(), key, value, kOwn);
}

}  // namespace lorahub::model
