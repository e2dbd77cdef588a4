#include "run/site.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "run/requests.hpp"
#include "run/trained.hpp"
#include "search/optimizer.hpp"
#include "study/names.hpp"

namespace lorahub::run {
namespace {

constexpr int kTileRows = 1024;  // source rows a tile aims at: activations stay in a core's cache

}  // namespace

Site::Site(std::vector<study::Trial> plan, Hardware hardware, const workers::Group& group)
    : plan_(std::move(plan)),
      hardware_(hardware),
      share_{.rank = group.rank(), .size = group.size()} {}

std::vector<std::string> module_names(const study::Trial& trial) {
  return lora::pick(trial.library_path, trial.modules, trial.seed.modules);
}

void Site::use_model(const study::Trial& trial) {
  const std::string key = base::format("{}|{}", trial.model_path, study::name(trial.precision));
  if (machine_ && key == machine_key_) return;
  machine_.reset();  // before the next one is loaded: two large models may not fit
  machine_ = std::make_unique<objective::Machine>(
      load_machine(trial.model_path, trial.precision, hardware_));
  machine_key_ = key;
  modules_.clear();
}

void Site::use_modules(const study::Trial& trial) {
  pool_.reset();
  if (!study::uses_modules(trial.method)) return;
  const std::string key = base::format("{}|{}", trial.library_path, trial.rank);
  if (key != library_key_) modules_.clear();
  library_key_ = key;
  const std::vector<lora::Module> chosen = load_modules(
      {.library = trial.library_path, .names = module_names(trial), .rank = trial.rank},
      machine_->network.config, modules_);
  truncated_from_ = chosen.empty() ? 0 : chosen[0].truncated_from;
  pool_ = lora::stack(chosen, machine_->network.config, hardware_.device);
  if (trial.method == study::Method::random_lora)
    pool_ = lora::random_like(*pool_, trial.seed.search);
}

void Site::begin(size_t index) {
  const study::Trial& trial = plan_.at(index);
  measure_ = {};  // refers to what is replaced now
  use_model(trial);
  use_modules(trial);
  current_ = index;
  task_ = task::load(trial);
  pairs_ = objective::tokenize(machine_->tokenizer, task_.shots);
  prompts_.clear();
  for (const task::Example& example : task_.test)
    prompts_.push_back(trial.method == study::Method::icl
                           ? task::icl_prompt(task_.shots, example.input)
                           : example.input);
  if (pool_)
    measure_ = objective::make_measure(
        *machine_, {.pool = *pool_, .composition = trial.composition, .engine = trial.engine},
        pairs_);
}

// Depends on the trial alone, so that the bits do: as many candidates as fill a tile, split evenly
// over a generation.
search::TileShape Site::tile_shape() const {
  size_t rows = 0, longest = 1;
  for (const t5::Pair& pair : pairs_) {
    rows += pair.source.size();
    longest = std::max(longest, pair.source.size());
  }
  int generation = pool_ ? pool_->size() : 1;  // best_single asks for all modules at once
  if (study::uses_search(trial().method))
    generation = search::resolved(trial().search, pool_->size()).population;
  const int most =
      std::clamp(static_cast<int>(kTileRows / std::max<size_t>(rows, 1)), 1, generation);
  const int tiles = (generation + most - 1) / most;
  const int examples = std::max(1, static_cast<int>(size_t{2} * kTileRows / longest));
  return {.candidates = (generation + tiles - 1) / tiles,
          .examples = std::min(examples, std::max(1, static_cast<int>(pairs_.size())))};
}

t5::Adapter Site::adapter(std::span<const double> weights) const {
  if (weights.empty()) return {};
  return lora::compose(*pool_, weights, trial().composition, machine_->dtype());
}

// Batches of test prompts go round the ranks; a batch is computed as a whole, so the bits do not
// know the ranks.
std::vector<std::string> Site::answer_share(const train::Model& model) const {
  const auto batch = static_cast<size_t>(trial().batch);
  std::vector<std::string> mine;
  for (size_t i = 0; i < prompts_.size(); ++i)
    if (i / batch % static_cast<size_t>(share_.size) == static_cast<size_t>(share_.rank))
      mine.push_back(prompts_[i]);
  objective::Machine machine = *machine_;
  machine.network = model.network;
  return objective::answer(
      machine, model.adapter, mine,
      {.scoring = trial().scoring, .max_tokens = trial().max_tokens, .batch = trial().batch});
}

std::string Site::handle(const std::string& request) {
  const std::string body = request.substr(1);
  switch (static_cast<Request>(request[0])) {
    case Request::log:
      log_ = base::Log(std::filesystem::path(body) / base::format("rank{}.log", share_.rank),
                       share_.rank);
      return "";
    case Request::begin:
      begin(std::stoul(body));
      log_.line("begin", study::label(trial()));
      return task_.shots_sha256 + task_.test_sha256;
    case Request::measure:
      return workers::measure_share(body, measure_, share_);
    case Request::answer:
      return workers::pack(
          answer_share({.network = machine_->network, .adapter = adapter(doubles(body))}));
    case Request::trained:
      return workers::pack(answer_share(trained_model(trial(), machine_->network, body)));
  }
  base::fail("unknown request {}", static_cast<int>(request[0]));
}

}  // namespace lorahub::run
