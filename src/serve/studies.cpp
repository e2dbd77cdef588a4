#include "serve/studies.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/replaced.hpp"
#include "cluster/folder_status.hpp"
#include "report/report.hpp"
#include "store/merge_shards.hpp"
#include "store/study_progress.hpp"

namespace lorahub::serve {

namespace fs = std::filesystem;

namespace {

using nlohmann::ordered_json;

ordered_json number_or_null(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

std::string label(const store::Record& record) {
  std::vector<std::string> words;
  for (const auto& [name, value] : record.knobs)
    if (name == "task" || name == "method") words.push_back(value);
  return base::join(words, " ");
}

ordered_json best_of(const store::History& history) {
  const store::Record* best = nullptr;
  for (const auto& [id, record] : history.finished)
    if (best == nullptr || record.accuracy > best->accuracy) best = &record;
  if (best == nullptr) return nullptr;
  return {{"trial", best->trial},
          {"label", label(*best)},
          {"accuracy", number_or_null(best->accuracy)},
          {"loss", number_or_null(best->best_loss)}};
}

ordered_json course_of(const store::Record& record) {
  ordered_json course = ordered_json::array();
  int evaluations = 0;
  double best = std::numeric_limits<double>::infinity();
  for (const search::Generation& generation : record.generations) {
    evaluations += generation.population.size();
    for (const double loss : generation.losses) best = std::min(best, loss);
    course.push_back({evaluations, number_or_null(best)});
  }
  return course;
}

ordered_json brief_of(const store::Record& record) {
  return {{"id", record.trial},
          {"label", label(record)},
          {"status", "done"},
          {"accuracy", number_or_null(record.accuracy)},
          {"loss", number_or_null(record.best_loss)},
          {"zero_loss", number_or_null(record.zero_loss)},
          {"evaluations", record.counts.evaluations},
          {"seconds", record.timing.load + record.timing.search + record.timing.answer}};
}

store::History history_of(const fs::path& folder) {
  const std::vector<store::ShardHistory> journals = store::read_journals(folder);
  base::check(!journals.empty(), "{} holds no journal (no study has run in this folder)",
              folder.string());
  return store::merged(journals);
}

}  // namespace

Studies::Studies(fs::path results) : results_(std::move(results)) {
  base::check(results_.empty() || fs::is_directory(results_),
              "--results {}: is no folder, give one that holds results folders", results_.string());
}

std::vector<std::string> Studies::names() const {
  std::vector<std::string> names;
  std::error_code error;
  if (results_.empty()) return names;
  for (auto entry = fs::directory_iterator(results_, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (entry->is_directory(gone)) names.push_back(entry->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

bool Studies::has(const std::string& name) const {
  const std::vector<std::string> all = names();
  return std::ranges::find(all, name) != all.end();
}

// Where the folders lie on this machine is nobody's business.
std::string Studies::told(const std::string& sentence) const {
  return base::replaced(sentence, results_.string() + "/", "");
}

template <class Work>
auto Studies::without_places(const Work& work) const {
  try {
    return work();
  } catch (const base::Error& error) {
    throw base::Error(told(error.what()));
  }
}

// Names, sizes and times of all files, which change with each line of a journal.
std::string Studies::stamp(const std::string& name) const {
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = fs::directory_iterator(results_ / name, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (!entry->is_regular_file(gone)) continue;
    files.push_back(base::format("{} {} {}", entry->path().filename().string(),
                                 entry->file_size(gone),
                                 entry->last_write_time(gone).time_since_epoch().count()));
  }
  std::ranges::sort(files);
  return base::join(files, "\n");
}

std::string Studies::entry(const std::string& name) {
  ordered_json object{{"name", name}, {"problem", nullptr}};
  try {
    const std::vector<store::ShardHistory> journals = store::read_journals(results_ / name);
    base::check(!journals.empty(), "{} holds no journal (no study has run in this folder)", name);
    const store::StudyProgress sum = store::progress(journals);
    const store::History history = store::merged(journals);
    object["study"] = history.headers.empty() ? "" : history.headers.back().study;
    object["started"] = sum.last_start_utc;
    object["planned"] = sum.planned;
    object["done"] = sum.done;
    object["running"] = sum.begun;
    object["failed"] = sum.failed;
    object["seconds_left"] = sum.each() * static_cast<double>(sum.missing());
    object["best"] = best_of(history);
    if (!sum.damages.empty())
      object["problem"] =
          told(base::format("{} damaged line(s), the first is {}; their trials are "
                            "run again by 'lorahub run'",
                            sum.damages.size(), sum.damages.front()));
  } catch (...) {
    object["problem"] = told(base::cause_of(std::current_exception()).sentence);
  }
  return base::json_text(object);
}

std::string Studies::list() {
  const std::lock_guard lock(mutex_);
  ordered_json list = ordered_json::array();
  for (const std::string& name : names()) {
    const std::string stamp = this->stamp(name);
    Known& known = known_[name];
    if (known.text.empty() || known.stamp != stamp) known = {.stamp = stamp, .text = entry(name)};
    list.push_back(ordered_json::parse(known.text));
  }
  return base::json_text(ordered_json{{"studies", list}});
}

std::string Studies::status(const std::string& name) const {
  return without_places(
      [&] { return told(cluster::status_json(cluster::status_of(results_ / name))); });
}

std::string Studies::trials(const std::string& name) {
  return without_places([&] {
    const store::History history = history_of(results_ / name);
    ordered_json list = ordered_json::array();
    for (const auto& [id, record] : history.finished) list.push_back(brief_of(record));
    for (const auto& [id, message] : history.failed)
      list.push_back({{"id", id}, {"status", "failed"}, {"error", told(message)}});
    for (const auto& [id, started] : history.started)
      if (!history.finished.contains(id) && !history.failed.contains(id))
        list.push_back({{"id", id}, {"status", "running"}});
    return base::json_text(ordered_json{{"trials", list}});
  });
}

std::string Studies::trial(const std::string& name, const std::string& id) {
  return without_places([&]() -> std::string {
    const store::History history = history_of(results_ / name);
    const auto found = history.finished.find(id);
    if (found == history.finished.end()) return "";
    const store::Record& record = found->second;
    ordered_json object = brief_of(record);
    object["knobs"] = ordered_json::object();
    for (const auto& [knob, value] : record.knobs) object["knobs"][knob] = value;
    object["modules"] = record.modules;
    object["weights"] = record.weights;
    object["course"] = course_of(record);
    object["answers"] = ordered_json::array();
    for (const store::Answer& answer : record.answers)
      object["answers"].push_back({{"row", answer.row},
                                   {"target", answer.target},
                                   {"answer", answer.answer},
                                   {"hit", answer.hit}});
    return base::json_text(object);
  });
}

std::string Studies::report(const std::vector<std::string>& names) {
  return without_places([&] {
    const std::lock_guard lock(hdf5_);
    std::vector<report::Summary> studies;
    for (const std::string& name : names) studies.push_back(report::summary_of(results_ / name));
    return report::html(report::make_report(studies));
  });
}

}  // namespace lorahub::serve
