#include "run/probe.hpp"

#include <cmath>
#include <mutex>

#include "base/clock.hpp"
#include "checkpoint/hub.hpp"
#include "lora/geometry.hpp"
#include "lora/load_modules.hpp"
#include "objective/alone.hpp"
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

}  // namespace

std::vector<Probed> probe(const objective::LoadedModel& loaded, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache,
                          const ProbeWatch& watch) {
  Examples given{
      .rows = examples, .prompts = {}, .pairs = objective::tokenize(*loaded.tokenizer, examples)};
  for (const task::Example& example : examples) given.prompts.push_back(example.input);
  const std::vector<std::string> base_answers = answers_of(loaded, {}, given);
  std::vector<Probed> all{measured(loaded, {}, given, base_answers)};
  std::vector<size_t> open;
  for (size_t i = 0; i < candidates.modules.size(); ++i) {
    const Probed* known = cache.find(candidates.hashes[i]);
    const bool whole = known != nullptr && !std::isnan(known->accuracy);
    all.push_back(whole ? *known : Probed{});
    if (!whole) open.push_back(i);
  }
  objective::LoadedModel one = loaded;
  one.threads = 1;
  std::mutex mutex;
  size_t done = 0;
  const auto tell = [&](size_t more) {
    const std::lock_guard lock(mutex);
    done += more;
    if (watch) watch(done, open.size());
  };
  tell(0);
  tensor::share(loaded.threads, static_cast<int>(open.size()), [&](int number) {
    const size_t i = open[static_cast<size_t>(number)];
    all[i + 1] = measured(one, objective::alone(one, candidates.modules[i]), given, base_answers);
    tell(1);
  });
  for (const size_t i : open) cache.add(candidates.hashes[i], all[i + 1]);
  return all;
}

ProbeFindings probe_library(const objective::LoadedModel& loaded, const task::Task& task,
                            const ProbeOptions& options) {
  lora::Modules kept;
  ProbeFindings found{.modules = lora::load_modules({.model = options.model,
                                                     .library = options.library,
                                                     .names = options.names,
                                                     .threads = loaded.threads},
                                                    loaded.model->architecture(), kept),
                      .probed = {},
                      .cosines = {},
                      .shots_sha256 = task.shots_sha256};
  std::vector<std::string> hashes(options.names.size());
  tensor::share(loaded.threads, static_cast<int>(hashes.size()), [&](int i) {
    const auto module = static_cast<size_t>(i);
    hashes[module] = lora::hash_module(lora::module_folder(options.library, options.names[module]));
  });
  const std::vector<model::Tokens> pairs = objective::tokenize(*loaded.tokenizer, task.shots);
  ProbeCache cache(options.cache.empty() ? probe_folder() : options.cache,
                   {.model_sha256 = checkpoint::hash_model(checkpoint::resolve(options.model)),
                    .pairs = pairs,
                    .precision = options.precision,
                    .device = loaded.device});
  found.probed =
      probe(loaded, {.modules = found.modules, .hashes = hashes}, task.shots, cache, options.watch);
  cache.save();
  found.cosines = lora::cosines(found.modules);
  return found;
}

}  // namespace lorahub::run
