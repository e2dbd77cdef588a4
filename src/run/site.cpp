#include "run/site.hpp"

#include "base/check.hpp"
#include "run/devices.hpp"
#include "run/probe.hpp"
#include "run/retrieve.hpp"
#include "run/training.hpp"
#include "study/names.hpp"
#include "t5/threads.hpp"
#include "workers/across.hpp"

namespace lorahub::run {

Loaded read_loaded(const std::string& reply) {
  const std::vector<std::string> words = workers::unpack(reply);
  return {.truncated_from = std::stol(words.at(0)), .modules = {words.begin() + 1, words.end()}};
}

namespace {
std::string machine_key(const study::Trial& trial) {
  return base::format("{}|{}", trial.model_path, study::name(trial.precision));
}
}  // namespace

Site::Site(std::vector<study::Trial> plan, Hardware hardware, workers::Member me)
    : plan_(std::move(plan)), hardware_(std::move(hardware)), me_(me) {}

void Site::read_share(const study::Trial& trial) {
  PartlyLoadedMachine loaded = load_share(trial.model_path, trial.precision, hardware_,
                                          {.index = me_.rank, .count = me_.size});
  machine_ = std::make_unique<objective::Machine>(std::move(loaded.machine));
  machine_->threads = 1;
  shares_ = std::move(loaded.tensors);
  machine_key_ = machine_key(trial);
}

void Site::exchange_shares(const std::string& channel_id) {
  workers::NcclChannel channel(channel_id, me_);
  exchange_tensors(shares_, channel);
  shares_.clear();
}

void Site::use_model(const study::Trial& trial) {
  const std::string key = machine_key(trial);
  if (machine_ && key == machine_key_) return;
  machine_.reset();  // before the next one is loaded: two large models may not fit
  machine_ = std::make_unique<objective::Machine>(
      load_machine(trial.model_path, trial.precision, hardware_));
  machine_->threads = 1;  // requests are what its threads share
  machine_key_ = key;
  modules_.clear();
}

void Site::use_modules(const study::Trial& trial) {
  pool_.reset();
  candidates_.clear();
  if (!study::uses_modules(trial.method)) return;
  const std::string key = base::format("{}|{}", trial.library_path, trial.rank);
  if (key != library_key_) modules_.clear();
  library_key_ = key;
  candidates_ = load_modules({.library = trial.library_path,
                              .names = brief_.modules,
                              .rank = trial.rank,
                              .threads = hardware_.threads},
                             machine_->network.config, modules_);
  for (const lora::Module& module : candidates_)
    truncated_from_ = std::max(truncated_from_, module.truncated_from);
  if (probe_count(trial, static_cast<int>(candidates_.size())) > 0) return;  // till keep()
  use_pool(retrieved({.trial = trial, .task = brief_.task, .modules = candidates_}));
}

void Site::use_pool(const std::vector<lora::Module>& chosen) {
  adapter_.reset();
  brief_.modules.clear();
  for (const lora::Module& module : chosen) brief_.modules.push_back(module.name);
  pool_ = lora::stack(chosen, machine_->network.config, hardware_.device, hardware_.threads);
  const study::Trial& trial = brief_.trial;
  if (trial.method == study::Method::random_lora)
    pool_ = lora::random_like(*pool_, trial.seed.search);
  const objective::Mixture mixture{
      .pool = *pool_, .composition = trial.composition, .engine = trial.engine};
  measure_ = objective::make_measure(*machine_, mixture, brief_.pairs);
  search_ = measure_;
  if (!study::uses_search(trial.method)) return;
  add_narrow_weights(*machine_, trial.precision, hardware_.threads);
  search_ = objective::make_search_measure(*machine_, mixture, brief_.pairs);
}

// What the trial before left and this one shares stays.
void Site::begin(size_t index) {
  const study::Trial& trial = plan_.at(index);
  current_.reset();
  kept_.clear();
  measure_ = search_ = {};  // refer to what is replaced now
  adapter_.reset();
  truncated_from_ = 0;
  brief_ = run::brief(trial, tokenizers_);
  use_model(trial);
  use_modules(trial);
  current_ = index;
  log_.line("begin", study::label(trial));
}

void Site::keep(const std::vector<uint32_t>& places) {
  std::vector<lora::Module> chosen;
  for (const uint32_t place : places) chosen.push_back(candidates_.at(place));
  use_pool(chosen);
  kept_ = places;
}

std::shared_lock<std::shared_mutex> Site::at(const Asked& asked) {
  for (;;) {
    std::shared_lock shared(loading_);
    const bool has_modules = asked.kept.empty() || asked.kept == kept_;
    if (current_ == asked.trial && has_modules) return shared;
    shared.unlock();
    const std::unique_lock alone(loading_);
    if (current_ != asked.trial) begin(asked.trial);
    if (!asked.kept.empty() && asked.kept != kept_) keep(asked.kept);
  }
}

std::string Site::join(const std::string& rows_hash) const {
  base::check(brief_.rows_hash() == rows_hash,
              "it reads other rows of task '{}' than rank 0 (its files differ), put the data on a "
              "shared disk",
              brief_.trial.task);
  std::vector<std::string> words{std::to_string(truncated_from_)};
  if (kept_.empty())
    words.insert(words.end(), brief_.modules.begin(), brief_.modules.end());
  else
    for (const lora::Module& module : candidates_) words.push_back(module.name);
  return workers::pack(words);
}

std::string Site::probe(const std::string& place) const {
  const double loss = single_loss(*machine_, candidates_.at(std::stoul(place)), brief_.pairs);
  return bytes(std::span(&loss, 1));
}

std::shared_ptr<const t5::Adapter> Site::adapter(const std::vector<double>& weights) {
  const std::lock_guard lock(adapter_mutex_);
  if (!adapter_ || weights != adapter_weights_) {
    adapter_ = std::make_shared<const t5::Adapter>(
        weights.empty()
            ? t5::Adapter{}
            : lora::compose(*pool_, weights, brief_.trial.composition, machine_->dtype()));
    adapter_weights_ = weights;
  }
  return adapter_;
}

// A batch is computed as a whole, so the bits do not know who computes it.
std::string Site::answer(const std::string& body) {
  const auto [number, weights] = read_answer(body);
  const study::Trial& trial = brief_.trial;
  const auto batch = static_cast<size_t>(trial.batch);
  const size_t first = number * batch;
  const auto prompts =
      std::span(brief_.prompts).subspan(first, std::min(batch, brief_.prompts.size() - first));
  return workers::pack(objective::answer(
      *machine_, *adapter(weights), prompts,
      {.scoring = brief_.task.scoring, .max_tokens = trial.max_tokens, .batch = trial.batch}));
}

std::string Site::train() const {
  objective::Machine machine = *machine_;
  machine.threads = hardware_.threads;
  return pack(run::train({.brief = brief_, .machine = machine, .pool = pool_ ? &*pool_ : nullptr}));
}

void Site::open_log(const std::filesystem::path& folder) {
  log_ = base::Log(folder / base::format("rank{}.log", me_.rank), me_.rank);
  const std::string device = device_text(hardware_);
  log_.line("device", hardware_.gpu.empty() ? device : device + ", visible as " + hardware_.gpu);
}

std::string Site::handle(const std::string& request) {
  t5::single_threaded();
  const Asked asked = decode(request);
  if (asked.kind == Request::device) return device_text(hardware_);
  if (is_for_the_rank(asked.kind)) {
    const std::unique_lock alone(loading_);
    if (asked.kind == Request::log) open_log(asked.body);
    if (asked.kind == Request::weights) read_share(plan_.at(asked.trial));
    if (asked.kind == Request::exchange) exchange_shares(asked.body);
    return {};
  }
  const auto here = at(asked);
  switch (asked.kind) {
    case Request::join:
      return join(asked.body);
    case Request::probe:
      return probe(asked.body);
    case Request::measure:
      return workers::measure_unit(asked.body, measure_);
    case Request::search:
      return workers::measure_unit(asked.body, search_);
    case Request::answer:
      return answer(asked.body);
    case Request::train:
      return train();
    default:
      base::fail("unknown request {}", static_cast<int>(asked.kind));
  }
}

}  // namespace lorahub::run
