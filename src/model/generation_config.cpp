#include "model/generation_config.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "base/text.hpp"

namespace lorahub::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFile = "generation_config.json";

struct IdleSetting {
  const char* key;
  double idle;  // the number that changes nothing
};
constexpr IdleSetting kSettings[] = {{"num_beams", 1},
                                     {"num_beam_groups", 1},
                                     {"num_return_sequences", 1},
                                     {"do_sample", 0},
                                     {"penalty_alpha", 0},
                                     {"min_length", 0},
                                     {"min_new_tokens", 0},
                                     {"repetition_penalty", 1},
                                     {"encoder_repetition_penalty", 1},
                                     {"no_repeat_ngram_size", 0},
                                     {"encoder_no_repeat_ngram_size", 0},
                                     {"guidance_scale", 1},
                                     {"bad_words_ids", -1},
                                     {"force_words_ids", -1},
                                     {"constraints", -1},
                                     {"forced_bos_token_id", -1},
                                     {"forced_eos_token_id", -1},
                                     {"forced_decoder_ids", -1},
                                     {"suppress_tokens", -1},
                                     {"begin_suppress_tokens", -1},
                                     {"sequence_bias", -1},
                                     {"exponential_decay_length_penalty", -1},
                                     {"stop_strings", -1},
                                     {"watermarking_config", -1},
                                     {"dola_layers", -1}};

bool is_idle(const json& value, double idle) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value.get<double>() == idle;
  return value.empty();
}

json read(const fs::path& file) {
  return json::parse(base::read_json_object(file, "copy the model folder again"));
}

}  // namespace

std::string generation_warning(const fs::path& folder) {
  const fs::path own = folder / kFile;
  const fs::path file = fs::exists(own) ? own : folder / "config.json";
  if (!fs::exists(file)) return "";  // a GGUF file asks for nothing
  const json fields = read(file);
  std::vector<std::string> asked;
  for (const auto& [key, idle] : kSettings) {
    const auto found = fields.find(key);
    if (found != fields.end() && !is_idle(*found, idle))
      asked.push_back(base::format("{} = {}", key, found->dump().substr(0, 60)));
  }
  if (asked.empty()) return "";
  return base::format(
      "{} asks for {}, and answers here are greedy: transformers may answer otherwise with this "
      "model unless it is told num_beams=1, do_sample=False and no more",
      file.string(), base::join(asked, ", "));
}

std::string generation_end_warning(const fs::path& folder) {
  const fs::path own = folder / kFile, config = folder / "config.json";
  if (!fs::exists(own) || !fs::exists(config)) return "";
  if (!read(own).value("eos_token_id", json()).is_null()) return "";
  if (read(config).value("eos_token_id", json()).is_null()) return "";
  return base::format(
      "{} has no eos_token_id, so that answers of transformers end at their greatest length alone; "
      "here they end at the eos_token_id of config.json, too",
      own.string());
}

void check_generation_tokens(const fs::path& folder, const std::map<std::string, int64_t>& config) {
  const fs::path file = folder / kFile;
  if (!fs::exists(file)) return;
  const json fields = read(file);
  for (const auto& [key, ours] : config) {
    json value = fields.value(key, json());
    if (value.is_array() && value.size() == 1) value = json(value.front());
    base::check(value.is_null() || value == ours,
                "{}: {} is {} and {} in config.json (answers would begin or end otherwise with "
                "transformers), write the same into both",
                file.string(), key, value.dump(), ours);
  }
}

std::vector<int64_t> generation_ends(const fs::path& folder, ConfigFields::Range range) {
  if (!fs::exists(folder / kFile)) return {};
  return ConfigFields(folder, "model", kFile).integers("eos_token_id", range);
}

}  // namespace lorahub::model
