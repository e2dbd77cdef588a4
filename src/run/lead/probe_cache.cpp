#include "run/lead/probe_cache.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/home.hpp"
#include "base/sha256.hpp"
#include "plan/environment.hpp"
#include "store/origin.hpp"
#include "study/choices.hpp"
#include "study/retrievals.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

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
                     (key.device == base::Device::cuda ? " cuda" : "");
  text += " " + store::origin(plan::environment());
  for (const model::Tokens& pair : key.pairs)
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
  } catch (const base::Error&) {        // a cache that can't be written is no error
  } catch (const base::Interrupted&) {  // on a full disk, say
  }
}

std::optional<KnownProbes> known_probes(const plan::TrialInputs& inputs, const store::Inputs& files,
                                        base::Device device) {
  const study::Trial& trial = inputs.trial;
  const bool probes = study::info(trial.retrieve.by).probes;
  if (!probes || plan::probe_count(trial, static_cast<int>(inputs.modules.size())) == 0)
    return std::nullopt;
  KnownProbes known{.cache = {probe_folder(),
                              {.model_sha256 = files.at("model"),
                               .pairs = inputs.pairs,
                               .precision = study::exact(trial.precision),
                               .device = device}},
                    .modules = {}};
  for (const std::string& name : inputs.modules)
    known.modules.push_back(files.at("module " + name));
  return known;
}

}  // namespace lorahub::run
