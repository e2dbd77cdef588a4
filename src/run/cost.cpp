#include "run/cost.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "base/check.hpp"
#include "objective/rate.hpp"
#include "run/site.hpp"
#include "search/optimizer.hpp"
#include "t5/config.hpp"
#include "t5/flop.hpp"
#include "t5/hub.hpp"
#include "task/task.hpp"
#include "task/tokenizer.hpp"

namespace lorahub::run {
namespace {

constexpr double kBytesPerToken = 3.5;  // English text in T5's vocabulary, roughly
constexpr int kPublishedRank = 16;      // of modules that are not here to be read
constexpr double kAnswerTokens = 6;     // generated for a row, where targets are unknown

// Sizes of the published models (their config.json), for plans made where they have not been
// downloaded.
std::optional<t5::Config> published(const std::string& name) {
  struct Size {
    const char* suffix;
    int64_t d_model, d_ff, heads, layers;
  };
  for (const Size& s : {Size{"small", 512, 1024, 6, 8}, Size{"base", 768, 2048, 12, 12},
                        Size{"large", 1024, 2816, 16, 24}, Size{"xl", 2048, 5120, 32, 24},
                        Size{"xxl", 4096, 10240, 64, 24}})
    if (name == std::string("google/flan-t5-") + s.suffix)
      return t5::Config{.d_model = s.d_model,
                        .d_kv = 64,
                        .d_ff = s.d_ff,
                        .heads = s.heads,
                        .encoder_layers = s.layers,
                        .decoder_layers = s.layers,
                        .vocabulary = 32128,
                        .gated = true,
                        .gelu = true};
  return std::nullopt;
}

struct Model {
  t5::Config config;
  std::optional<task::Tokenizer> tokenizer;
};

Model read_model(const std::string& name) {
  if (const auto known = published(name)) {
    try {
      const auto folder = t5::resolve(name);
      return {.config = t5::read_config(folder), .tokenizer = task::Tokenizer(folder)};
    } catch (const base::Error&) {
      return {.config = *known, .tokenizer = std::nullopt};
    }
  }
  const auto folder = t5::resolve(name);
  return {.config = t5::read_config(folder), .tokenizer = task::Tokenizer(folder)};
}

double tokens(const Model& model, const std::string& text) {
  if (model.tokenizer) return static_cast<double>(model.tokenizer->encode(text).size());
  return static_cast<double>(text.size()) / kBytesPerToken + 1;
}

double feed_forward(const t5::Config& c) {  // weights of one layer
  return static_cast<double>((c.gated ? 3 : 2) * c.d_model * c.d_ff);
}

double weights(const t5::Config& c) {
  const auto da = static_cast<double>(c.d_model * c.inner());
  return static_cast<double>(c.encoder_layers) * (4 * da + feed_forward(c)) +
         static_cast<double>(c.decoder_layers) * (8 * da + feed_forward(c)) +
         2 * static_cast<double>(c.vocabulary * c.d_model);
}

double module_values(const t5::Config& c) {  // q and v of every attention
  const auto places = static_cast<double>(2 * c.encoder_layers + 4 * c.decoder_layers);
  return places * kPublishedRank * static_cast<double>(c.d_model + c.inner());
}

struct Text {
  std::vector<std::pair<double, double>> shots;  // source and target tokens
  std::vector<std::pair<double, double>> test;
};

Text count(const study::Trial& trial, const Model& model) {
  const task::Task task = task::load(trial);
  Text text;
  for (const task::Example& e : task.shots)
    text.shots.emplace_back(tokens(model, e.input), tokens(model, e.target));
  for (const task::Example& e : task.test) {
    const bool icl = trial.method == study::Method::icl;
    text.test.emplace_back(tokens(model, icl ? task::icl_prompt(task.shots, e.input) : e.input),
                           e.target.empty() ? kAnswerTokens : tokens(model, e.target));
  }
  return text;
}

long module_count(const study::Trial& trial) {
  if (!study::uses_modules(trial.method)) return 0;
  if (!trial.modules.names.empty()) return static_cast<long>(trial.modules.names.size());
  return trial.modules.count > 0 ? trial.modules.count
                                 : static_cast<long>(module_names(trial).size());
}

long evaluations(const study::Trial& trial) {
  if (trial.method == study::Method::best_single) return module_count(trial);
  return study::uses_search(trial.method) ? trial.search.budget : 0;
}

Cost cost_of(const study::Trial& trial, const t5::Config& config, const Text& text) {
  double rank =
      study::uses_modules(trial.method) ? (trial.rank > 0 ? trial.rank : kPublishedRank) : 0;
  if (trial.composition == study::Composition::product)
    rank *= static_cast<double>(module_count(trial));  // stacked
  Cost cost{.evaluations = evaluations(trial)};
  cost.example_forwards = cost.evaluations * static_cast<long>(text.shots.size());
  const auto add = [&](const auto& rows, double times) {
    for (const auto& [s, t] : rows) {
      cost.tokens += times * (s + t);
      cost.tflop +=
          1e-12 * times * t5::forward_flop(config, {.source = s, .target = t, .rank = rank});
    }
  };
  if (cost.evaluations > 0) add(text.shots, static_cast<double>(cost.evaluations));
  if (study::trains(trial.method)) {  // a forward and a backward, which is two of them
    cost.evaluations = trial.method == study::Method::gradient ? trial.train.epochs : 0;
    cost.example_forwards = 3L * trial.train.epochs * static_cast<long>(text.shots.size());
    const double before = cost.tokens;
    add(text.shots, 3.0 * trial.train.epochs);
    cost.tokens -= (cost.tokens - before) * 2 / 3;
  }
  add(text.test, 1);
  return cost;
}

double memory(const study::Trial& trial, const t5::Config& c) {
  const double bytes = trial.precision == study::Precision::bf16 ? 2 : 4;
  const auto modules = static_cast<double>(module_count(trial));
  const double copies = trial.method == study::Method::full ? 5 : 0;  // f32: values, gradient, sum,
                                                                      // moments
  const double activations = 2048 * 8 * static_cast<double>(std::max(c.d_ff, c.d_model)) * 4;
  return (bytes + 4 * copies) * weights(c) + 2 * 4 * modules * module_values(c) +
         activations;  // as read, and stacked
}

}  // namespace

StudyCost cost(const study::Study& study, int ranks) {
  StudyCost total{.flops_per_second = 0.5 * objective::gemm_flops_per_second()};
  std::map<std::string, Model> models;
  std::map<std::string, Text> texts;
  double tflop = 0;
  for (const study::Trial& trial : study.trials) {
    if (study::uses_search(trial.method))
      search::resolved(trial.search, static_cast<int>(module_count(trial)));
    auto model = models.find(trial.model_path);
    if (model == models.end())
      model = models.emplace(trial.model_path, read_model(trial.model_path)).first;
    std::string key = base::format("{}|{}|{}|{}|{}|{}", trial.model_path, trial.task_files.pool,
                                   trial.task_files.test, trial.method == study::Method::icl,
                                   trial.shots.count, trial.seed.shots);
    for (int row : trial.shots.rows) key += base::format(",{}", row);
    auto text = texts.find(key);
    if (text == texts.end()) text = texts.emplace(key, count(trial, model->second)).first;
    total.trials.push_back(cost_of(trial, model->second.config, text->second));
    total.memory_bytes = std::max(total.memory_bytes, memory(trial, model->second.config));
    total.tokens_estimated = total.tokens_estimated || !model->second.tokenizer;
    tflop += total.trials.back().tflop;
  }
  total.seconds = 1e12 * tflop / (total.flops_per_second * ranks);
  return total;
}

}  // namespace lorahub::run
