#include "serve/intake.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "base/folder_size.hpp"
#include "base/nesting.hpp"
#include "base/printable.hpp"
#include "base/replaced.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "objective/load_model.hpp"
#include "run/library_intake.hpp"
#include "serve/commit_lines.hpp"
#include "serve/secrets.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kState = "state.json";
constexpr const char* kVerdicts = "verdicts.json";
constexpr const char* kOwners = "owners.json";
constexpr const char* kIncoming = ".incoming";  // within a library; it holds no module itself
constexpr ptrdiff_t kMostUnlisted = 100;        // names of a user
constexpr uint64_t kMostText = 4 << 20;         // bytes of a configuration or card

bool is_weights(const std::string& name) {
  return name == lora::kWeightsFile || name == run::kPickledWeights;
}

// The same weights in the other format; "" for other files.
std::string other_weights(const std::string& name) {
  if (!is_weights(name)) return "";
  return name == run::kPickledWeights ? lora::kWeightsFile : run::kPickledWeights;
}

// What the files lack to be an adapter; "": nothing.
std::string lack(const fs::path& folder) {
  const bool has_safe = fs::exists(folder / lora::kWeightsFile);
  const bool has_pickle = fs::exists(folder / run::kPickledWeights);
  base::check(!has_safe || !has_pickle,
              "there are both {} and {} (which one is meant?), delete one of them",
              lora::kWeightsFile, run::kPickledWeights);
  if (!fs::exists(folder / lora::kConfigFile)) return lora::kConfigFile;
  return has_safe || has_pickle ? "" : lora::kWeightsFile;
}

void remove_quietly(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

// A folder of a commit that is under way; it goes with the commit that is refused.
struct CommitFolder {
  fs::path path;
  ~CommitFolder() { remove_quietly(path); }
};

json read_json(const fs::path& file) {
  std::error_code absent;
  if (!fs::exists(file, absent)) return json::object();
  json object = json::parse(base::shallow_json(base::read_file(file)), nullptr, false);
  return object.is_object() ? object : json::object();
}

std::string key_of(const ModulePlace& place) { return place.library + "/" + place.module; }

ModulePlace place_of(const std::string& key) {
  const size_t slash = key.find('/');
  return {key.substr(0, slash), slash == std::string::npos ? "" : key.substr(slash + 1)};
}

}  // namespace

Intake::Intake(const Catalog& catalog, Options options)
    : catalog_(catalog), options_(std::move(options)) {
  fs::create_directories(options_.folder);
  for (const auto& [library, word] : catalog_.libraries())
    if (catalog_.is_open(library)) fs::remove_all(fs::path(catalog_.folder(library)) / kIncoming);
  read_states();
  const json verdicts = read_json(options_.folder / kVerdicts),
             owners = read_json(options_.folder / kOwners);
  for (const auto& [key, value] : verdicts.items())
    if (value.is_array()) verdicts_[place_of(key)] = {value.at(0), value.at(1)};
  for (const auto& [key, value] : owners.items())
    if (value.is_string()) owners_[place_of(key)] = value;
}

void Intake::read_states() {
  for (const auto& library : fs::directory_iterator(options_.folder)) {
    if (!library.is_directory()) continue;
    for (const auto& module : fs::directory_iterator(library.path())) {
      const ModulePlace place{library.path().filename(), module.path().filename()};
      const json state = read_json(module.path() / kState);
      states_[place] = {.state = state.value("state", "incomplete"),
                        .reason = state.value("reason", ""),
                        .since = state.value("since", "")};
      if (states_[place].state != "checking") continue;
      fs::remove_all(files(place));
      set_state(place, "quarantined", "The service ended while it was checked, upload it again.");
    }
  }
}

void Intake::check_file(const std::string& name, uint64_t bytes) const {
  base::check(std::ranges::find(run::taken_files(), name) != run::taken_files().end(),
              "'{}' is no file of a module (it would be neither checked nor used), upload {} alone",
              base::shortened(base::printable_line(name), 80),
              base::join(run::taken_files(), ", "));
  const uint64_t most = is_weights(name) ? options_.most : kMostText;
  base::check(bytes <= most, "{} has {} bytes (at most {} are taken), upload a smaller one", name,
              bytes, most);
}

std::optional<UploadState> Intake::state(const ModulePlace& place) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(place);
  return found == states_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::pair<std::string, UploadState>> Intake::states(const std::string& library) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, UploadState>> list;
  for (const auto& [place, state] : states_)
    if (place.library == library) list.emplace_back(place.module, state);
  return list;
}

std::string Intake::verdict(const ModulePlace& place, const std::string& sha256) const {
  const std::lock_guard lock(mutex_);
  const auto found = verdicts_.find(place);
  return found != verdicts_.end() && found->second.first == sha256 ? found->second.second : "";
}

void Intake::set_state(const ModulePlace& place, const std::string& state,
                       const std::string& reason) {
  const UploadState now{.state = state, .reason = reason, .since = base::utc_now()};
  base::write_file(
      options_.folder / place.library / place.module / kState,
      base::json_text(json{{"state", now.state}, {"reason", now.reason}, {"since", now.since}}));
  const std::lock_guard lock(mutex_);
  states_[place] = now;
}

void Intake::clear_state(const ModulePlace& place) {
  std::error_code ignored;
  fs::remove_all(options_.folder / place.library / place.module, ignored);
  const std::lock_guard lock(mutex_);
  states_.erase(place);
}

bool Intake::may_change(const ModulePlace& place, const std::string& user) const {
  const std::lock_guard lock(mutex_);
  const auto owner = owners_.find(place);
  return user == kAdmin || (owner != owners_.end() && owner->second == user);
}

void Intake::set_owner(const ModulePlace& place, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  owners_[place] = owner;
  if (owner.empty()) owners_.erase(place);
  json all = json::object();
  for (const auto& [at, name] : owners_) all[key_of(at)] = name;
  base::write_file(options_.folder / kOwners, base::json_text(all));
}

// A folder of the library that holds no good module is somebody's, too.
bool Intake::is_taken(const ModulePlace& place) const {
  std::error_code ignored;
  const fs::path folder = fs::path(catalog_.folder(place.library)) / place.module;
  return state(place) || fs::exists(fs::symlink_status(folder, ignored));
}

void Intake::check_count(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  const auto count = std::ranges::count_if(states_, [&](const auto& entry) {
    const auto found = owners_.find(entry.first);
    return found != owners_.end() && found->second == owner;
  });
  base::check(count < kMostUnlisted,
              "{} of your names stand for no module as yet (which is the limit), upload to them or "
              "delete some",
              count);
}

std::string Intake::owner_of(const ModulePlace& place) const {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(place);
  return found == owners_.end() ? "" : found->second;
}

void Intake::check_quota(const ModulePlace& place, const std::string& owner, uint64_t bytes) const {
  if (options_.bytes_each == 0 || owner.empty()) return;
  std::vector<ModulePlace> others;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [other, name] : owners_)
      if (name == owner && other != place) others.push_back(other);
  }
  for (const ModulePlace& other : others)
    bytes += base::folder_size(fs::path(catalog_.folder(other.library)) / other.module) +
             base::folder_size(files(other));
  if (bytes > options_.bytes_each)
    throw OverQuota(
        base::format("your modules would take {} bytes (at most {} may be kept of each user), "
                     "delete some",
                     bytes, options_.bytes_each));
}

bool Intake::create(const ModulePlace& place, const std::string& owner) {
  if (is_taken(place)) return false;
  check_count(owner);
  set_owner(place, owner);
  set_state(place, "empty");
  return true;
}

bool Intake::remove(const ModulePlace& place) {
  const bool had_state = state(place).has_value();
  if (had_state) clear_state(place);
  if (!catalog_.has(place.library, place.module)) {
    if (had_state) set_owner(place, "");
    return had_state;
  }
  run::remove_module(catalog_.folder(place.library), place.module);
  catalog_.look_at(place.library, place.module);
  set_owner(place, "");
  return true;
}

// A folder with the files that a commit changes: those of the commits before, or the listed ones.
fs::path Intake::begun(const ModulePlace& place) const {
  fs::path next = files(place);
  next += ".next";
  fs::remove_all(next);
  fs::create_directories(next);
  const fs::path listed = fs::path(catalog_.folder(place.library)) / place.module;
  const fs::path from = fs::exists(files(place)) ? files(place) : listed;
  for (const std::string& name : run::taken_files())
    if (fs::is_regular_file(fs::symlink_status(from / name)))
      fs::copy_file(from / name, next / name);
  return next;
}

// Sentences about files name them as the client does, and not where they lie.
std::string Intake::said(const ModulePlace& place, std::string sentence) const {
  for (const fs::path& folder : {files(place), fs::path(catalog_.folder(place.library)),
                                 fs::absolute(options_.folder), options_.folder})
    sentence = base::replaced(std::move(sentence), folder.string() + "/", "");
  return base::printable_line(sentence);
}

void Intake::commit(const ModulePlace& place, const fs::path& lines, const std::string& head) {
  const CommitFolder folder{begun(place)};
  const fs::path& next = folder.path;
  const base::MappedFile mapped(lines);
  std::set<std::string> written;
  const std::string parent =
      read_commit(mapped.bytes(), {.write =
                                       [&](const std::string& file, const std::string& bytes) {
                                         check_file(file, bytes.size());
                                         base::check(written.insert(file).second,
                                                     "the commit has {} twice (only one could "
                                                     "count), send it once",
                                                     file);
                                         base::write_file(next / file, bytes);
                                         const std::string other = other_weights(file);
                                         if (!other.empty() && !written.contains(other))
                                           fs::remove(next / other);  // of an earlier commit
                                       },
                                   .remove =
                                       [&](const std::string& file) {
                                         check_file(file, 0);
                                         fs::remove(next / file);
                                       }});
  if (!parent.empty() && parent != head)
    throw StaleCommit(
        "the module has changed since the commit that this one follows, fetch it "
        "again");
  check_quota(place, owner_of(place), base::folder_size(next));
  const std::string missing = lack(next);
  fs::remove_all(files(place));
  fs::rename(next, files(place));
  if (!missing.empty()) return set_state(place, "incomplete", missing + " is missing as yet");
  check(place, {.folder = files(place)});
}

void Intake::publish(const ModulePlace& place, const std::string& owner,
                     const run::ReceivedModule& module) {
  base::check(!is_taken(place), "the name '{}' is taken in the library, choose another one",
              place.module);
  check_quota(place, owner, base::folder_size(module.folder));
  set_owner(place, owner);
  check(place, module);
}

void Intake::check(const ModulePlace& place, run::ReceivedModule module) {
  set_state(place, "checking");
  const fs::path library = catalog_.folder(place.library),
                 checked = library / kIncoming / place.module;
  module.name = place.module;
  for (const auto& [name, word] : catalog_.models())
    module.bases.push_back({.name = name, .path = study::named_model(word).path});
  const auto load = [this](const std::string& base) {
    return objective::load_model(base, study::Precision::f32, options_.hardware);
  };
  try {
    fs::remove_all(checked);
    const run::RewrittenModule made = run::rewrite_module(module, checked, load);
    run::list_module(checked, library, place.module);
    const auto listed = catalog_.look_at(place.library, place.module);
    keep_verdict(place, made, listed ? listed->sha256 : "");
    clear_state(place);
  } catch (const base::Error& error) {
    fs::remove_all(checked);
    fs::remove_all(files(place));  // what was refused is not kept
    const std::string sentence = said(place, error.what());
    set_state(place, "quarantined", sentence);
    throw base::Error(sentence);
  } catch (...) {  // the machine's fault, or a bug: nothing says that the module is bad
    remove_quietly(checked);
    remove_quietly(files(place));
    set_state(place, "quarantined", "The service could not finish its check, upload it again.");
    throw;
  }
}

void Intake::keep_verdict(const ModulePlace& place, const run::RewrittenModule& module,
                          const std::string& sha256) {
  const std::string text =
      module.tests.empty() ? "good, without self-test" : "good, " + run::describe(module.tests);
  const std::lock_guard lock(mutex_);
  verdicts_[place] = {sha256, text};
  json all = json::object();
  for (const auto& [at, verdict] : verdicts_) all[key_of(at)] = {verdict.first, verdict.second};
  base::write_file(options_.folder / kVerdicts, base::json_text(all));
}

}  // namespace lorahub::serve
