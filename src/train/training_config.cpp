#include "train/training_config.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "base/check.hpp"
#include "checkpoint/hub_cache.hpp"
#include "study/choices.hpp"
#include "study/document.hpp"
#include "study/pieces.hpp"

namespace lorahub::train {
namespace {

using study::fail_at;

constexpr int kMostSteps = 100'000'000;   // a loss is kept of each
constexpr int kMostTokens = 100'000'000;  // of a batch
using study::Value;

const std::vector<std::string>& whats() {
  static const std::vector<std::string> words{"lora", "ia3", "full", "base"};
  return words;
}

// The place of a word in a list, or an error with the nearest one.
size_t choose(const Value& value, const std::vector<std::string>& words) {
  const std::string word = study::scalar(value);
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end())
    fail_at(value, "'{}' is not known (there are: {}){}", word, base::join(words, ", "),
            base::did_you_mean(word, words));
  return static_cast<size_t>(found - words.begin());
}

double share(const Value& value) {
  const double x = study::real(value, study::Range::from_zero);
  if (x >= 1) fail_at(value, "{}{} is too large, a rate of dropout is below 1", value.called(), x);
  return x;
}

std::filesystem::path existing(const Value& value) {
  auto path = study::located(study::scalar(value), value);
  if (!std::filesystem::is_regular_file(path))
    fail_at(value, "no file '{}' with data, name one that exists", path.string());
  return path;
}

void read_data(const Value& value, TrainingConfig& config) {
  config.data.clear();
  config.list = value.node.IsSequence();
  if (!config.list) {
    config.data.push_back(existing(value));
    return;
  }
  std::set<std::string> names;
  for (const Value& item : study::items(value)) {
    config.data.push_back(existing(item));
    if (!names.insert(config.data.back().stem().string()).second)
      fail_at(item, "two files are called '{}' (both would be written to one folder), rename one",
              config.data.back().stem().string());
  }
}

void read_targets(const Value& value, TrainingConfig& config) {
  config.targets.clear();
  for (const Value& item : study::items(value)) config.targets.push_back(study::scalar(item));
}

void read_betas(const Value& value, TrainingConfig& config) {
  const std::vector<Value> two = study::items(value);
  if (two.size() != 2) fail_at(value, "AdamW has two betas, write them as [0.9, 0.999]");
  config.betas = {share(two[0]), share(two[1])};
}

void read_factors(const Value& value, TrainingConfig& config) {
  config.lr_factors.clear();
  for (const study::Entry& entry : study::entries(value))
    config.lr_factors.emplace_back(entry.key, study::real(entry.value, study::Range::positive));
}

struct ConfigKey {
  std::string name;
  std::function<void(const Value&, TrainingConfig&)> read;
};

ConfigKey whole(std::string name, int TrainingConfig::*field, study::Limits limits) {
  return {std::move(name),
          [=](const Value& v, TrainingConfig& c) { c.*field = study::integer(v, limits); }};
}

ConfigKey real(std::string name, double TrainingConfig::*field, study::Range range) {
  return {std::move(name),
          [=](const Value& v, TrainingConfig& c) { c.*field = study::real(v, range); }};
}

const std::vector<ConfigKey>& keys() {
  using enum study::Range;
  static const std::vector<ConfigKey> list{
      {"train", [](auto& v, auto& c) { c.what = static_cast<What>(choose(v, whats())); }},
      {"model",
       [](auto& v, auto& c) {
         const study::ModelPiece model = study::find_model(study::ConfigPath(v.folder), v);
         c.model = model.name;
         c.model_path = model.path;
         c.base_name = checkpoint::lasting_name(model.path);
       }},
      {"data", read_data},
      {"out", [](auto& v, auto& c) { c.out = study::scalar(v); }},
      whole("rank", &TrainingConfig::rank, {.least = 1, .most = study::kMostRank}),
      real("alpha", &TrainingConfig::alpha, positive),
      {"dropout", [](auto& v, auto& c) { c.dropout = share(v); }},
      {"model_dropout", [](auto& v, auto& c) { c.model_dropout = share(v); }},
      {"targets", read_targets},
      whole("steps", &TrainingConfig::steps, {.least = 1, .most = kMostSteps}),
      whole("epochs", &TrainingConfig::epochs, {.least = 1, .most = study::kMostOfMany}),
      whole("batch", &TrainingConfig::batch, {.least = 1, .most = study::kMostOfMany}),
      whole("batch_tokens", &TrainingConfig::batch_tokens, {.least = 1, .most = kMostTokens}),
      whole("accumulate", &TrainingConfig::accumulate, {.least = 1, .most = study::kMostOfMany}),
      real("lr", &TrainingConfig::lr, positive),
      real("warmup", &TrainingConfig::warmup, from_zero),
      real("hold", &TrainingConfig::hold, from_zero),
      {"betas", read_betas},
      {"lr_factors", read_factors},
      {"schedule",
       [](auto& v, auto& c) {
         c.schedule = static_cast<Schedule>(choose(v, {"linear", "constant"}));
       }},
      real("weight_decay", &TrainingConfig::weight_decay, from_zero),
      real("clip", &TrainingConfig::clip, from_zero),
      whole("source_length", &TrainingConfig::source_length,
            {.least = 2, .most = study::kMostInput}),
      whole("target_length", &TrainingConfig::target_length,
            {.least = 2, .most = study::kMostOfMany}),
      whole("max_input", &TrainingConfig::max_input, {.least = 1, .most = study::kMostInput}),
      {"precision",
       [](auto& v, auto& c) {
         c.precision = static_cast<study::Precision>(choose(v, {"f32", "bf16"}));
       }},
      {"seed", [](auto& v, auto& c) { c.seed = study::seed(v); }},
      real("held_out", &TrainingConfig::held_out, from_zero),
      {"test", [](auto& v, auto& c) { c.test = existing(v); }},
      {"store",
       [](auto& v, auto& c) {
         c.half = choose(v, {"f32", "f16"}) == 1;
       }},
      real("checkpoint", &TrainingConfig::checkpoint, from_zero)};
  return list;
}

void read_entry(const study::Entry& entry, TrainingConfig& config) {
  std::vector<std::string> names;
  for (const ConfigKey& key : keys()) {
    if (key.name == entry.key) return key.read(entry.value, config);
    names.push_back(key.name);
  }
  fail_at(entry.value, "unknown key '{}' (a training has: {}){}", entry.key,
          base::join(names, ", "), base::did_you_mean(entry.key, names));
}

}  // namespace

const std::string& name(What what) { return whats()[static_cast<size_t>(what)]; }

TrainingConfig read_config(const std::filesystem::path& file,
                           const std::vector<study::Setting>& set) {
  return read_config(study::read_document(file, {.name = "training config",
                                                 .line = "train: lora",
                                                 .examples = "configs/train/lorahub.yaml"}),
                     set);
}

TrainingConfig read_config(const Value& root, const std::vector<study::Setting>& set) {
  std::vector<study::Entry> entries = study::entries(root);
  std::set<std::string> changed;
  for (const study::Setting& setting : set) {
    const study::Value value = study::parse_setting(setting);
    if (!changed.insert(setting.first).second)
      fail_at(value, "'{}' is set twice on the command line (which one holds?), keep one",
              setting.first);
    std::erase_if(entries, [&](const auto& entry) { return entry.key == setting.first; });
    entries.push_back({.key = setting.first, .value = value});
  }
  TrainingConfig config;
  std::set<std::string> given;
  for (study::Entry& entry : entries) {
    entry.value.knob = entry.key;  // to be named in errors
    read_entry(entry, config);
    given.insert(entry.key);
  }
  for (const char* key : {"train", "model", "data", "out"})
    if (!given.contains(key))
      fail_at(root, "the config does not say '{}', add a line `{}: ...`", key, key);
  if (given.contains("steps") && given.contains("epochs"))
    fail_at(root, "both steps and epochs are given (which one ends the training?), keep one");
  if (given.contains("held_out") && config.test)
    fail_at(root, "both held_out and test are given (which rows evaluate it?), keep one");
  return config;
}

std::vector<std::pair<std::string, std::string>> settings(const TrainingConfig& c) {
  const auto text = [](const auto& value) { return base::format("{}", value); };
  std::vector<std::pair<std::string, std::string>> list{{"train", name(c.what)}};
  if (c.what == What::lora) {
    list.emplace_back("rank", text(c.rank));
    list.emplace_back("alpha", text(c.alpha));
    list.emplace_back("dropout", text(c.dropout));
    list.emplace_back("targets", base::join(c.targets, " "));
  }
  if (c.model_dropout) list.emplace_back("model_dropout", text(*c.model_dropout));
  list.emplace_back(c.steps > 0 ? "steps" : "epochs", text(c.steps > 0 ? c.steps : c.epochs));
  list.emplace_back("batch", text(c.batch));
  if (c.batch_tokens > 0) list.emplace_back("batch_tokens", text(c.batch_tokens));
  list.emplace_back("accumulate", text(c.accumulate));
  list.emplace_back("lr", text(c.lr));
  list.emplace_back("schedule", c.schedule == Schedule::linear ? "linear" : "constant");
  list.emplace_back("warmup", text(c.warmup));
  if (c.hold > 0) list.emplace_back("hold", text(c.hold));
  if (c.betas != TrainingConfig().betas)
    list.emplace_back("betas", base::format("{} {}", c.betas.first, c.betas.second));
  for (const auto& [part, factor] : c.lr_factors)
    list.emplace_back("lr_factors." + part, text(factor));
  list.emplace_back("weight_decay", text(c.weight_decay));
  list.emplace_back("clip", text(c.clip));
  list.emplace_back("source_length", text(c.source_length));
  list.emplace_back("target_length", text(c.target_length));
  list.emplace_back("precision", study::name(c.precision));
  list.emplace_back("seed", text(c.seed));
  list.emplace_back("held_out", text(c.held_out));
  if (c.half) list.emplace_back("store", "f16");
  return list;
}

}  // namespace lorahub::train
