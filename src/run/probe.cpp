#include "run/probe.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/home.hpp"
#include "base/sha256.hpp"
#include "run/environment.hpp"
#include "run/self_test.hpp"
#include "store/origin.hpp"
#include "study/names.hpp"
#include "t5/threads.hpp"
#include "task/score.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

double official_loss(const objective::Machine& machine, const t5::Adapter& adapter,
                     std::span<const t5::Pair> pairs) {
  std::vector<int> tokens;
  for (const t5::Pair& pair : pairs) tokens.push_back(static_cast<int>(pair.target.size()));
  return objective::reduce(alone_sums(machine, adapter, pairs), tokens, {.dim = 1, .weights = {0}},
                           {})
      .front();
}

struct Examples {
  std::span<const task::Example> rows;
  std::vector<std::string> prompts;
  std::vector<t5::Pair> pairs;
};

double percent(size_t count, size_t of) {
  return of == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(of);
}

std::vector<std::string> answers_of(const objective::Machine& machine, const t5::Adapter& adapter,
                                    const Examples& examples) {
  return objective::answer(machine, adapter, examples.prompts, {});
}

Probed measured(const objective::Machine& machine, const t5::Adapter& adapter,
                const Examples& examples, const std::vector<std::string>& base_answers) {
  const std::vector<std::string> answers = answers_of(machine, adapter, examples);
  size_t hits = 0, changed = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    hits += task::is_hit(answers[i], examples.rows[i].target) ? 1 : 0;
    changed += answers[i] != base_answers[i] ? 1 : 0;
  }
  const base::Stopwatch clock;
  const double loss = official_loss(machine, adapter, examples.pairs);
  return {.loss = loss,
          .seconds = clock.seconds(),
          .accuracy = percent(hits, answers.size()),
          .changed = percent(changed, answers.size())};
}

double number(const json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::map<std::string, Probed> read_known(const fs::path& file) {
  std::map<std::string, Probed> known;
  if (!fs::is_regular_file(file)) return known;
  const json all = json::parse(base::read_file(file), nullptr, false);
  if (!all.is_object()) return known;
  for (const auto& [module, row] : all.items())
    if (row.is_array() && row.size() == 4 && row[0].is_number() && row[1].is_number())
      known[module] = {
          .loss = row[0], .seconds = row[1], .accuracy = number(row[2]), .changed = number(row[3])};
  return known;
}

}  // namespace

fs::path probe_folder() { return base::cache_home() / "lorahub/probe"; }

ProbeCache::ProbeCache(const fs::path& folder, const ProbeKey& key) {
  std::string text = key.model_sha256 + " " + study::name(key.precision) +
                     (key.device == t5::Device::cuda ? " cuda" : "");
  text += " " + store::origin(environment());
  for (const t5::Pair& pair : key.pairs)
    text += base::format("\n{} => {}", fmt::join(pair.source, " "), fmt::join(pair.target, " "));
  file_ = folder / (base::sha256(text) + ".json");
  known_ = read_known(file_);
}

const Probed* ProbeCache::find(const std::string& module_sha256) const {
  const auto found = known_.find(module_sha256);
  return found == known_.end() ? nullptr : &found->second;
}

void ProbeCache::add(const std::string& module_sha256, const Probed& probed) {
  known_[module_sha256] = probed;
}

void ProbeCache::save() const {
  std::map<std::string, Probed> all_known = read_known(file_);
  for (const auto& [module, probed] : known_) all_known[module] = probed;
  json all = json::object();
  for (const auto& [module, p] : all_known)
    all[module] = {p.loss, p.seconds, p.accuracy, p.changed};  // NaN: null
  try {
    base::write_file(file_, base::json_text(all, 1) + "\n");
  } catch (const base::Error&) {        // a cache only
  } catch (const base::Interrupted&) {  // on a full disk, say
  }
}

double single_loss(const objective::Machine& machine, const lora::Module& module,
                   std::span<const t5::Pair> pairs) {
  return official_loss(machine, alone(machine, module), pairs);
}

std::vector<Probed> probe(const objective::Machine& machine, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache) {
  Examples given{
      .rows = examples, .prompts = {}, .pairs = objective::tokenize(machine.tokenizer, examples)};
  for (const task::Example& example : examples) given.prompts.push_back(example.input);
  const std::vector<std::string> base_answers = answers_of(machine, {}, given);
  std::vector<Probed> all{measured(machine, {}, given, base_answers)};
  std::vector<size_t> open;
  for (size_t i = 0; i < candidates.modules.size(); ++i) {
    const Probed* known = cache.find(candidates.hashes[i]);
    const bool whole = known != nullptr && !std::isnan(known->accuracy);
    all.push_back(whole ? *known : Probed{});
    if (!whole) open.push_back(i);
  }
  objective::Machine one = machine;
  one.threads = 1;
  t5::share(machine.threads, static_cast<int>(open.size()), [&](int number) {
    const size_t i = open[static_cast<size_t>(number)];
    all[i + 1] = measured(one, alone(one, candidates.modules[i]), given, base_answers);
  });
  for (const size_t i : open) cache.add(candidates.hashes[i], all[i + 1]);
  return all;
}

}  // namespace lorahub::run
