#include "run/cost.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "base/check.hpp"
#include "objective/rate.hpp"
#include "run/brief.hpp"
#include "run/load.hpp"
#include "run/training.hpp"
#include "search/optimizer.hpp"
#include "t5/config.hpp"
#include "t5/delta.hpp"
#include "t5/flop.hpp"
#include "t5/hub.hpp"
#include "t5/products.hpp"
#include "t5/sizes.hpp"
#include "task/task.hpp"
#include "task/tokenizer.hpp"

namespace lorahub::run {
namespace {

constexpr double kBytesPerToken = 3.5;  // English text in T5's vocabulary, roughly
constexpr int kPublishedRank = 16;      // of modules that are not here to be read
constexpr double kAnswerTokens = 6;     // generated for a row, where targets are unknown
constexpr double kUsualShare = 0.5;     // of the matrix rate, where no pass has been measured
constexpr double kDeltaInt8 = 0.5;      // of a pass's time in f32: 0.3 to 0.5 (tests/bench)

struct Model {
  t5::Config config;
  std::optional<task::Tokenizer> tokenizer;
};

Model read_model(const std::string& name) {
  if (const auto known = t5::published(name)) {
    try {
      const auto folder = t5::resolve(name);
      const t5::Config config = t5::read_config(folder);
      return {.config = config, .tokenizer = load_tokenizer(folder, config)};
    } catch (const base::Error&) {
      return {.config = *known, .tokenizer = std::nullopt};
    }
  }
  const auto folder = t5::resolve(name);
  const t5::Config config = t5::read_config(folder);
  return {.config = config, .tokenizer = load_tokenizer(folder, config)};
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

long candidate_count(const study::Trial& trial) {
  if (!study::uses_modules(trial.method)) return 0;
  if (!trial.modules.names.empty()) return static_cast<long>(trial.modules.names.size());
  return trial.modules.count > 0 ? trial.modules.count
                                 : static_cast<long>(module_names(trial).size());
}

long module_count(const study::Trial& trial) {
  return kept_count(trial, static_cast<int>(candidate_count(trial)));
}

long evaluations(const study::Trial& trial) {
  const long before = probe_count(trial, static_cast<int>(candidate_count(trial)));
  if (trial.method == study::Method::best_single) return before + module_count(trial);
  if (trial.method == study::Method::gradient) return before + trial.train.epochs;
  return before + (study::uses_search(trial.method) ? trial.search.budget : 0);
}

// Passes over all shots. A backward pass is two forwards.
struct Passes {
  long forward = 0, backward = 0;
};
Passes passes(const study::Trial& trial) {
  const long backward = study::trains(trial.method) ? trial.train.epochs : 0;
  return {.forward = std::max(evaluations(trial), backward), .backward = backward};
}

bool answers_itself(study::Method method) {  // by the rank that trained, in the same unit
  return study::trains(method) && method != study::Method::gradient;
}

struct Planned {
  const study::Trial& trial;
  const Text& text;
  t5::Device device;
};

// Units of each generation; a training is one unit.
std::vector<int> rounds_of(const Planned& planned, long evaluations) {
  const auto& [trial, text, device] = planned;
  if (study::trains(trial.method)) return {1};
  std::vector<size_t> sources;
  for (const auto& [source, target] : text.shots) sources.push_back(static_cast<size_t>(source));
  const int population = std::max(1, generation_size(trial, static_cast<int>(module_count(trial))));
  const auto examples = static_cast<int>(sources.size());
  const search::TileShape tile =
      tile_shape({.sources = std::move(sources), .generation = population, .device = device});
  const auto units = [&](long candidates) {
    return static_cast<int>(search::cut(static_cast<int>(candidates), examples, tile).size());
  };
  std::vector<int> rounds;
  const int probes = probe_count(trial, static_cast<int>(candidate_count(trial)));
  if (probes > 0) rounds.push_back(probes);
  for (long left = evaluations - probes; left > 0; left -= population)
    rounds.push_back(units(std::min<long>(left, population)));
  return rounds;
}

// Units of work of a trial, in TFLOP of f32 (or bf16, where the trial is computed in it).
Work work_of(const Planned& planned, const Cost& cost, double answers) {
  const auto& [trial, text, device] = planned;
  Work work{.rounds = rounds_of(planned, cost.evaluations)};
  if (answers_itself(trial.method)) {
    work.unit_cost = cost.tflop;
    return work;
  }
  const int all = std::accumulate(work.rounds.begin(), work.rounds.end(), 0);
  if (all > 0) work.unit_cost = (cost.tflop - answers) / all;
  if (trial.precision == study::Precision::delta_int8 && study::uses_search(trial.method))
    work.unit_cost *= kDeltaInt8;
  const auto batch = static_cast<size_t>(trial.batch);
  work.batches = static_cast<int>((text.test.size() + batch - 1) / batch);
  if (work.batches > 0) work.batch_cost = answers / work.batches;
  return work;
}

Cost cost_of(const Planned& planned, const t5::Config& config) {
  const auto& [trial, text, device] = planned;
  double rank =
      study::uses_modules(trial.method) ? (trial.rank > 0 ? trial.rank : kPublishedRank) : 0;
  if (trial.composition == study::Composition::product)
    rank *= static_cast<double>(module_count(trial));  // stacked
  Cost cost{.evaluations = evaluations(trial)};
  const Passes over = passes(trial);
  cost.example_forwards = (over.forward + 2 * over.backward) * static_cast<long>(text.shots.size());
  const auto add = [&](const auto& rows, const Passes& times) {
    const auto forward = static_cast<double>(times.forward);
    const double all = forward + 2 * static_cast<double>(times.backward);
    for (const auto& [s, t] : rows) {
      cost.tokens += forward * (s + t);
      cost.tflop +=
          1e-12 * all * t5::forward_flop(config, {.source = s, .target = t, .rank = rank});
    }
  };
  if (over.forward > 0) add(text.shots, over);
  const double searched = cost.tflop;
  add(text.test, {.forward = 1});
  cost.work = work_of(planned, cost, cost.tflop - searched);
  return cost;
}

// Weights (the encoder's twice, where a kernel wants them turned), and modules as read and, where
// their files are not alike, as stacked: once for the ranks of a node (base::NodeMemory).
double shared_memory(const study::Trial& trial, const t5::Config& c) {
  const double bytes = trial.precision == study::Precision::bf16 ? 2 : 4;
  const auto modules = static_cast<double>(candidate_count(trial));
  const bool turned =
      t5::wants_turned(trial.precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat);
  const double encoder = static_cast<double>(c.encoder_layers) *
                         (4 * static_cast<double>(c.d_model * c.inner()) + feed_forward(c));
  return bytes * (weights(c) + (turned ? encoder : 0)) + 2 * 4 * modules * module_values(c);
}

// A tile's activations, and what a full fine-tuning holds in f32: values, gradient, sum, moments.
// A delta evaluation's narrow weights and trajectory of the shots.
double own_memory(const study::Trial& trial, const t5::Config& c, const Text& text) {
  const double copies = trial.method == study::Method::full ? 5 : 0;
  double delta = 0;
  if (trial.precision != study::exact(trial.precision)) {
    delta = (trial.precision == study::Precision::delta_int8 ? 1 : 2) * t5::narrow_values(c);
    if (study::uses_search(trial.method))
      for (const auto& [source, target] : text.shots)
        delta += t5::trajectory_bytes(c, source, target);
  }
  return delta + 2048 * 8 * static_cast<double>(std::max(c.d_ff, c.d_model)) * 4 +
         4 * copies * weights(c);
}

// Of the linear layers of most of the trials: what a study is computed in.
at::ScalarType usual_dtype(const std::vector<study::Trial>& trials) {
  const auto halves = std::ranges::count(trials, study::Precision::bf16, &study::Trial::precision);
  return 2 * static_cast<size_t>(halves) > trials.size() ? at::kBFloat16 : at::kFloat;
}

}  // namespace

StudyCost cost(const std::vector<study::Trial>& trials, const Resources& resources) {
  StudyCost total{.flops_per_second = resources.flops_per_second};
  if (total.flops_per_second == 0)
    total.flops_per_second =
        kUsualShare * objective::gemm_flops_per_second({.placement = {.dtype = usual_dtype(trials),
                                                                      .device = resources.device}});
  std::map<std::string, Model> models;
  std::map<std::string, Text> texts;
  for (const study::Trial& trial : trials) {
    check_training(trial);  // refuses what run would
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
    total.trials.push_back(cost_of({trial, text->second, resources.device}, model->second.config));
    const t5::Config& config = model->second.config;
    total.shared_bytes = std::max(total.shared_bytes, shared_memory(trial, config));
    total.memory_bytes = std::max(
        total.memory_bytes, shared_memory(trial, config) + own_memory(trial, config, text->second));
    total.tokens_estimated = total.tokens_estimated || !model->second.tokenizer;
  }
  // Of seats, of which a rank has one for each trial that it works on.
  std::vector<Work> works;
  const int each =
      static_cast<int>(trials.size() + static_cast<size_t>(resources.ranks) - 1) / resources.ranks;
  const int at_a_time = std::clamp(each, 1, resources.trials_of_a_rank);
  const int seats = resources.ranks * at_a_time;
  for (const Cost& one : total.trials)
    works.push_back(scaled(one.work, 1e12 * at_a_time / total.flops_per_second));
  total.prediction = resources.groups > 0
                         ? predict(works, {.ranks = seats, .groups = resources.groups})
                         : best_prediction(works, seats);
  return total;
}

}  // namespace lorahub::run
