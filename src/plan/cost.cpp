#include "plan/cost.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "base/check.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/library.hpp"
#include "model/families.hpp"
#include "objective/load_model.hpp"
#include "objective/loss_kinds.hpp"
#include "objective/rate.hpp"
#include "plan/learning_rate.hpp"
#include "plan/memory.hpp"
#include "plan/slope_tiles.hpp"
#include "plan/trial_inputs.hpp"
#include "search/optimizer.hpp"
#include "study/choices.hpp"
#include "task/task.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::plan {
namespace {

constexpr double kAnswerTokens = 6;  // generated for a row, where targets are unknown
constexpr double kUsualShare = 0.5;  // of the matrix rate, where no pass has been measured
constexpr double kDeltaInt8 = 0.5;   // of a pass's time in f32: 0.3 to 0.5 (tests/bench)

struct PlannedModel {
  std::shared_ptr<const model::Architecture> architecture;
  std::shared_ptr<const text::Tokenizer> tokenizer;  // null: the model is not here
};

PlannedModel read_model(const std::string& name) {
  const auto read = [&]() -> PlannedModel {
    const auto folder = checkpoint::resolve(name);
    auto architecture = model::read_architecture(folder);
    auto tokenizer = objective::load_tokenizer(folder, *architecture);
    return {.architecture = std::move(architecture), .tokenizer = std::move(tokenizer)};
  };
  const auto known = model::published(name);
  if (!known) return read();
  try {
    return read();
  } catch (const base::Error&) {
    return {.architecture = known, .tokenizer = nullptr};
  }
}

long candidate_count(const study::Trial& trial) {
  if (!study::uses_modules(trial.method)) return 0;
  if (!trial.modules.names.empty()) return static_cast<long>(trial.modules.names.size());
  return trial.modules.count > 0 ? trial.modules.count
                                 : static_cast<long>(module_names(trial).size());
}

// Error where a library that is here does not have what the trial draws or names. One that is not
// here is no error (see lacks).
using CheckedDraw =
    std::tuple<std::string, int, std::vector<std::string>>;  // library, count, names
void check_draw(const study::Trial& trial, std::set<CheckedDraw>& checked) {
  if (!study::uses_modules(trial.method)) return;
  const auto& [count, names] = trial.modules;
  if (!checked.emplace(trial.library_path, count, names).second) return;
  try {
    lora::module_names(trial.library_path);
  } catch (const base::Error&) {
    return;
  }
  module_names(trial);
}

// The trial with the number of modules that `modules: all` stands for. A library is looked through
// once: a study may have 100,000 trials.
class Counted {
 public:
  study::Trial operator()(study::Trial trial) {
    if (study::uses_modules(trial.method) && trial.modules.names.empty() &&
        trial.modules.count == 0)
      trial.modules.count = of_library(trial);
    return trial;
  }

 private:
  int of_library(const study::Trial& trial) {
    const auto [found, fresh] = counts_.emplace(trial.library_path, 0);
    if (fresh) found->second = static_cast<int>(candidate_count(trial));
    return found->second;
  }
  std::map<std::string, int> counts_;
};

long module_count(const study::Trial& trial) {
  return kept_count(trial, static_cast<int>(candidate_count(trial)));
}

long evaluations(const study::Trial& trial) {
  const long before = probe_count(trial, static_cast<int>(candidate_count(trial)));
  if (trial.method == study::Method::best_single) return before + module_count(trial);
  const bool has_course =
      study::uses_search(trial.method) || study::mixes_by_gradient(trial.method);
  return before + (has_course ? study::search_length(trial) : 0);
}

// Passes over all shots, after `retrieve`. A backward pass costs as much as two forward passes, and
// a greedy answer as much as a forward pass over the target.
struct PassCount {
  long forward = 0, backward = 0;
};
PassCount passes(const study::Trial& trial) {
  const long backward =
      study::trains(trial.method) ? long{trial.train.epochs} * study::points_a_step(trial) : 0;
  const long probes = probe_count(trial, static_cast<int>(candidate_count(trial)));
  const long measured = (evaluations(trial) - probes) * objective::numbers_per_shot(trial.loss);
  return {.forward = std::max(measured, backward), .backward = backward};
}

// Those of `retrieve`.
PassCount probe_passes(const study::Trial& trial) {
  const auto candidates = static_cast<int>(candidate_count(trial));
  return {.forward = probe_count(trial, candidates),
          .backward = probe_backwards(trial, candidates)};
}

// Whether the rank that trains answers too, in the same request.
bool answers_itself(study::Method method) {
  return study::trains(method) && !study::mixes_by_gradient(method);
}

struct Planned {
  const study::Trial& trial;
  const Lengths& lengths;
  base::Device device;
};

int population_of(const study::Trial& trial) {
  return std::max(1, generation_size(trial, static_cast<int>(module_count(trial))));
}

search::TileShape tile_of(const Planned& planned) {
  std::vector<size_t> sources;
  for (const Lengths::RowLengths& shot : planned.lengths.shots)
    sources.push_back(static_cast<size_t>(shot.source));
  return tile_shape({.sources = std::move(sources),
                     .generation = population_of(planned.trial),
                     .device = planned.device});
}

// Requests of one gradient.
int slope_requests(study::LossKind kind, const Planned& planned) {
  const std::vector<Lengths::RowLengths>& shots = planned.lengths.shots;
  const objective::LossParts parts = objective::loss_parts({.kind = kind}, shots.size());
  return static_cast<int>(slope_tiles(parts, shots, planned.device).size());
}

// Requests of one generation.
int requests(const Planned& planned, long candidates) {
  const auto& [trial, lengths, device] = planned;
  if (study::mixes_by_gradient(trial.method)) return slope_requests(trial.loss, planned);
  const auto examples = static_cast<int>(lengths.shots.size());
  return std::max(1, objective::numbers_per_shot(trial.loss)) *
         static_cast<int>(
             search::cut(static_cast<int>(candidates), examples, tile_of(planned)).size());
}

// Requests of each generation; a training is one request.
std::vector<int> rounds_of(const Planned& planned, long evaluations) {
  const study::Trial& trial = planned.trial;
  if (answers_itself(trial.method)) return {1};
  const int population = population_of(trial);
  std::vector<int> rounds;
  const PassCount probes = probe_passes(trial);
  if (probes.forward > 0)
    rounds.push_back(probes.backward > 0 ? slope_requests(study::LossKind::official, planned)
                                         : static_cast<int>(probes.forward));
  for (long left = evaluations - probes.forward; left > 0; left -= population)
    rounds.push_back(requests(planned, std::min<long>(left, population)));
  return rounds;
}

// Units of work of a trial, in TFLOP of f32 (or bf16, where the trial is computed in it).
SearchWork work_of(const Planned& planned, const Cost& cost, double answers) {
  const auto& [trial, lengths, device] = planned;
  SearchWork work{.rounds = rounds_of(planned, cost.evaluations)};
  if (answers_itself(trial.method)) {
    work.request_cost = cost.tflop;
    return work;
  }
  const int all = std::accumulate(work.rounds.begin(), work.rounds.end(), 0);
  if (all > 0) work.request_cost = (cost.tflop - answers) / all;
  if (trial.precision == study::Precision::delta_int8 && study::uses_search(trial.method))
    work.request_cost *= kDeltaInt8;
  const auto batch = static_cast<size_t>(trial.batch);
  work.batches = static_cast<int>((lengths.prompts.size() + batch - 1) / batch);
  if (work.batches > 0) work.batch_cost = answers / work.batches;
  return work;
}

Cost cost_of(const Planned& planned, const model::Architecture& architecture) {
  const auto& [trial, lengths, device] = planned;
  const double own_rank =
      study::uses_modules(trial.method) ? (trial.rank > 0 ? trial.rank : kPublishedRank) : 0;
  double rank = own_rank;
  const study::Mixes mixes = study::info(trial.composition).mixes;
  if (mixes == study::Mixes::products || mixes == study::Mixes::routed)
    rank *= static_cast<double>(module_count(trial));  // of the modules stacked
  Cost cost{.evaluations = evaluations(trial)};
  const PassCount over = passes(trial), probes = probe_passes(trial);
  cost.example_forwards = (probes.forward + over.forward + 2 * (probes.backward + over.backward)) *
                          static_cast<long>(lengths.shots.size());
  const auto add = [&](const auto& rows, const PassCount& times, double rank_of_pass) {
    const auto forward = static_cast<double>(times.forward);
    const double all = forward + 2 * static_cast<double>(times.backward);
    for (const auto& [s, target, options] : rows) {
      const double t = target > 0 ? target : kAnswerTokens;
      cost.tokens += forward * (s + t);
      cost.tflop +=
          1e-12 * all * architecture.forward_flop({.source = s, .target = t, .rank = rank_of_pass});
    }
  };
  const double stacked = probes.backward > 0 ? static_cast<double>(candidate_count(trial)) : 1;
  if (probes.forward > 0) add(lengths.shots, probes, own_rank * stacked);
  if (over.forward > 0) add(lengths.shots, over, rank);
  const double searched = cost.tflop;
  const long before = study::info(trial.method).passes_over_inputs;
  cost.example_forwards += before * static_cast<long>(lengths.prompts.size());
  add(lengths.prompts, {.forward = 1 + before}, rank);
  cost.work = work_of(planned, cost, cost.tflop - searched);
  return cost;
}

Memory memory_of(const Planned& planned, const model::Architecture& architecture) {
  return memory({.trial = planned.trial,
                 .architecture = architecture,
                 .lengths = planned.lengths,
                 .tile = tile_of(planned),
                 .candidates = static_cast<int>(candidate_count(planned.trial)),
                 .modules = static_cast<int>(module_count(planned.trial)),
                 .device = planned.device});
}

// Trials of the same key have the same rows, of the same lengths.
std::string rows_key(const study::Trial& trial) {
  std::string key =
      base::format("{}|{}|{}|{}|{}|{}|{}|{}", trial.model_path, trial.task_files.pool,
                   trial.task_files.test, trial.method == study::Method::icl, trial.shots.count,
                   trial.seed.shots, study::name(trial.labels), study::name(trial.scoring));
  for (int row : trial.shots.rows) key += base::format(",{}", row);
  return key + base::format("|{}", trial.max_input);
}

void note(const Memory& memory, const study::Trial& trial, const Resources& resources,
          StudyCost& total) {
  const double own = resources.trials_of_a_rank * memory.held + resources.threads * memory.computed;
  total.shared_bytes = std::max(total.shared_bytes, memory.shared);
  if (memory.shared + own <= total.memory_bytes) return;
  total.memory_bytes = memory.shared + own;
  total.largest = study::label(trial);
}

// The type of the linear layers of most trials, whose matrix rate stands for the study.
at::ScalarType usual_dtype(const std::vector<study::Trial>& trials) {
  const auto halves = std::ranges::count(trials, study::Precision::bf16, &study::Trial::precision);
  return 2 * static_cast<size_t>(halves) > trials.size() ? at::kBFloat16 : at::kFloat;
}

double usual_rate(at::ScalarType dtype, base::Device device) {
  return kUsualShare *
         objective::gemm_flops_per_second({.placement = {.dtype = dtype, .device = device}});
}

}  // namespace

double usual_flops_per_second(base::Device device) { return usual_rate(at::kFloat, device); }

std::vector<std::string> cautions(const StudyCost& cost) {
  std::vector<std::string> sentences{sentence(cost.cut), sentence(cost.answers)};
  std::erase(sentences, "");
  return sentences;
}

Need need(const StudyCost& cost, base::Device device) {
  return {.what = base::format("trial '{}'", cost.largest),
          .shared = cost.shared_bytes,
          .own = cost.memory_bytes - cost.shared_bytes,
          .device = device,
          .remedies =
              "use fewer ranks on a node, fewer --threads, a smaller batch or shorter inputs "
              "(task.max_input bounds them), or --no-memory-check"};
}

StudyCost cost(const std::vector<study::Trial>& trials, const Resources& resources) {
  StudyCost total{.flops_per_second = resources.flops_per_second};
  if (total.flops_per_second == 0)
    total.flops_per_second = usual_rate(usual_dtype(trials), resources.device);
  std::map<std::string, PlannedModel> models;
  std::map<std::string, Lengths> texts;
  std::set<CheckedDraw> drawn;
  Counted counted;
  for (const study::Trial& each : trials) {
    check_draw(each, drawn);
    const study::Trial trial = counted(each);
    check_training(trial);  // an error for what `run` would refuse
    if (study::uses_search(trial.method))
      search::resolved(trial.search, static_cast<int>(module_count(trial)));
    auto model = models.find(trial.model_path);
    if (model == models.end())
      model = models.emplace(trial.model_path, read_model(trial.model_path)).first;
    const auto& [architecture, tokenizer] = model->second;
    const std::string key = rows_key(trial);
    auto text = texts.find(key);
    if (text == texts.end())
      text = texts
                 .emplace(key,
                          lengths(trial, task::load(trial),
                                  {.tokenizer = tokenizer.get(), .window = architecture->window()},
                                  resources.reads))
                 .first;
    if (has_loss(trial)) {
      total.cut.cut += text->second.cut;
      total.cut.of += text->second.shots.size();
    }
    total.answers.add(text->second.prompts,
                      {.max_tokens = trial.max_tokens, .window = architecture->window()});
    const Planned planned{trial, text->second, resources.device};
    total.trials.push_back(cost_of(planned, *architecture));
    note(memory_of(planned, *architecture), trial, resources, total);
    total.tokens_estimated = total.tokens_estimated || !tokenizer;
  }
  // The prediction is made for seats: a rank has one for each trial that it works on at the same
  // time.
  std::vector<SearchWork> works;
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

}  // namespace lorahub::plan
