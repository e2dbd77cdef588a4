#include "run/probe.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <span>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/load_modules.hpp"
#include "objective/alone.hpp"
#include "plan/command_memory.hpp"
#include "plan/lengths.hpp"
#include "task/score.hpp"
#include "tensor/threads.hpp"

namespace lorahub::run {

namespace {

struct Examples {
  std::span<const task::Example> rows;
  std::vector<std::string> prompts;
  std::vector<model::Tokens> pairs;
};

double percent(size_t count, size_t of) {
  return of == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(of);
}

std::vector<std::string> answers_of(const objective::LoadedModel& loaded,
                                    const model::Adapter& adapter, const Examples& examples) {
  return objective::answer(loaded, adapter, examples.prompts, {});
}

Probed measured(const objective::LoadedModel& loaded, const model::Adapter& adapter,
                const Examples& examples, const std::vector<std::string>& base_answers) {
  const std::vector<std::string> answers = answers_of(loaded, adapter, examples);
  size_t hits = 0, changed = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    hits += task::is_hit(answers[i], examples.rows[i].target) ? 1 : 0;
    changed += answers[i] != base_answers[i] ? 1 : 0;
  }
  const base::Stopwatch clock;
  const double loss = objective::official_loss(loaded, adapter, examples.pairs);
  return {.loss = loss,
          .seconds = clock.seconds(),
          .accuracy = percent(hits, answers.size()),
          .changed = percent(changed, answers.size())};
}

// Tells how many modules are done.
class ProbeReporter {
 public:
  ProbeReporter(size_t all, const ProbeWatch& watch) : watch_(watch) { now_.all = all; }
  void begin(double base_loss) {
    now_.least_loss = base_loss;
    add_known({});
  }
  void add_known(const std::vector<double>& losses) {
    now_.done += losses.size();
    for (const double loss : losses) now_.least_loss = std::min(now_.least_loss, loss);
    if (watch_) watch_(now_);
  }
  void add_computed(double loss) {
    ++now_.computed;
    add_known({loss});
  }
  void leave_out(size_t modules) { now_.all -= modules; }

 private:
  const ProbeWatch& watch_;
  ProbeProgress now_;
};

std::vector<lora::Module> modules_of(const objective::LoadedModel& loaded,
                                     const ProbeOptions& options,
                                     const std::vector<std::string>& names,
                                     std::vector<std::string>& left_out) {
  const lora::LibraryChoice choice{.model = options.model,
                                   .library = options.library,
                                   .names = names,
                                   .threads = loaded.threads};
  const model::Architecture& base = loaded.model->architecture();
  if (options.misfits == Misfits::leave_out) return lora::load_fitting(choice, base, left_out);
  lora::Modules kept;
  return lora::load_modules(choice, base, kept);
}

// Computes what the cache does not know.
class Probe {
 public:
  Probe(const objective::LoadedModel& loaded, const task::Task& task, const ProbeOptions& options,
        ProbeFindings& found)
      : loaded_(loaded),
        options_(options),
        given_{.rows = task.shots,
               .prompts = {},
               .pairs = objective::tokenize(*loaded.tokenizer, task.shots)},
        cache_(options.cache.empty() ? probe_folder() : options.cache,
               {.model_sha256 = checkpoint::hash_model(checkpoint::resolve(options.model)),
                .pairs = given_.pairs,
                .precision = options.precision,
                .device = loaded.device}),
        progress_(options.names.size(), options.watch),
        found_(found) {
    for (const task::Example& example : given_.rows) given_.prompts.push_back(example.input);
  }

  void all() {
    try {
      parts();
    } catch (...) {
      cache_.save();
      throw;
    }
    cache_.save();
    base::check(!found_.modules.empty(), "{}",
                found_.left_out.empty() ? "there is no module, name one" : found_.left_out.front());
  }

 private:
  static constexpr size_t kAtOnce = 64;  // modules that are held, where no two are compared

  void parts() {
    const std::vector<std::string>& names = options_.names;
    const size_t step = options_.similarity ? names.size() : kAtOnce;
    for (size_t i = 0; i < names.size(); i += step) {
      const std::vector<std::string> some(
          names.begin() + static_cast<ptrdiff_t>(i),
          names.begin() + static_cast<ptrdiff_t>(std::min(i + step, names.size())));
      const size_t before = found_.left_out.size();
      const std::vector<lora::Module> modules =
          modules_of(loaded_, options_, some, found_.left_out);
      progress_.leave_out(found_.left_out.size() - before);
      if (i == 0) base();
      part(modules);
      if (options_.similarity) found_.cosines = lora::cosines(modules);
    }
  }

  void base() {
    base_answers_ = answers_of(loaded_, {}, given_);
    found_.base = measured(loaded_, {}, given_, base_answers_);
    progress_.begin(found_.base.loss);
  }

  void part(const std::vector<lora::Module>& modules) {
    const size_t n = modules.size(), first = found_.modules.size();
    std::vector<std::string> hashes(n);
    found_.modules.resize(first + n);
    tensor::share(loaded_.threads, static_cast<int>(n), [&](int number) {
      const auto i = static_cast<size_t>(number);
      const lora::Module& module = modules[i];
      hashes[i] = lora::hash_module(lora::module_folder(options_.library, module.name));
      found_.modules[first + i] = {
          .name = module.name, .rank = module.rank, .norms = lora::norms(module), .alone = {}};
    });
    std::vector<size_t> open;
    std::vector<double> known_losses;
    for (size_t i = 0; i < n; ++i) {
      const Probed* known = cache_.find(hashes[i]);
      if (known == nullptr || std::isnan(known->accuracy)) {
        open.push_back(i);
      } else {
        found_.modules[first + i].alone = *known;
        known_losses.push_back(known->loss);
      }
    }
    progress_.add_known(known_losses);
    compute(modules, open, [&](size_t i, const Probed& probed) {
      found_.modules[first + i].alone = probed;
      cache_.add(hashes[i], probed);
      progress_.add_computed(probed.loss);
    });
  }

  // `keep` is called by one thread at a time.
  void compute(const std::vector<lora::Module>& modules, const std::vector<size_t>& open,
               const std::function<void(size_t module, const Probed&)>& keep) {
    objective::LoadedModel one = loaded_;
    one.threads = 1;
    std::mutex mutex;
    tensor::share(loaded_.threads, static_cast<int>(open.size()), [&](int number) {
      const size_t i = open[static_cast<size_t>(number)];
      const Probed probed = measured(one, objective::alone(one, modules[i]), given_, base_answers_);
      const std::lock_guard lock(mutex);
      keep(i, probed);
    });
  }

  const objective::LoadedModel& loaded_;
  const ProbeOptions& options_;
  Examples given_;
  ProbeCache cache_;
  ProbeReporter progress_;
  ProbeFindings& found_;
  std::vector<std::string> base_answers_;
};

}  // namespace

ProbeFindings probe_library(const objective::LoadedModel& loaded, const task::Task& task,
                            const ProbeOptions& options) {
  ProbeFindings found{.shots_sha256 = task.shots_sha256};
  Probe(loaded, task, options, found).all();
  return found;
}

std::string check_shots(const objective::LoadedModel& loaded, const task::Task& task,
                        const ShotsCheck& check) {
  study::Trial trial{.task_files = {.pool = check.rows, .test = check.rows},
                     .method = study::Method::best_single};
  trial.max_input = check.max_input;
  plan::Lengths lengths = plan::lengths(
      trial, task,
      {.tokenizer = loaded.tokenizer.get(), .window = loaded.model->architecture().window()},
      plan::Reads::shots);
  for (const task::Example& shot : task.shots)  // which are answered, too, and read whole for that
    lengths.prompts.push_back({.source = task::count_tokens(loaded.tokenizer.get(), shot.input)});
  if (check.memory == MemoryCheck::refuse) {
    plan::Need need =
        plan::need({.trial = trial,
                    .architecture = loaded.model->architecture(),
                    .lengths = lengths,
                    .tile = {},
                    .device = loaded.device},
                   loaded.threads, base::format("the loss of {} shots", task.shots.size()));
    need.shared = 0;  // loaded already
    plan::check_own_room(need);
  }
  return plan::sentence({.cut = lengths.cut, .of = task.shots.size()});
}

}  // namespace lorahub::run
