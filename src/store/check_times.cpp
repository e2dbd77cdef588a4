#include "store/check_times.hpp"

#include <ctime>
#include <optional>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

constexpr double kSlack = 60;  // seconds by which clocks may differ without a word

// Seconds since the epoch of a time as base::utc_now() writes it.
std::optional<double> seconds_of_utc(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<double>(::timegm(&parts));
}

// The times by the number of the start; a problem where one is none.
std::vector<double> start_seconds(const CheckedContent& content, Problems& problems) {
  std::vector<double> all;
  for (size_t start = 0; start < content.start_times.size(); ++start) {
    const auto& [time, again] = content.start_times[start];
    const std::optional<double> seconds = seconds_of_utc(time);
    if (!seconds)
      problems.push_back(base::format("start {} began at '{}', which is no time", start, time));
    if (!again.empty() && again != time)
      problems.push_back(
          base::format("start {} began at {} (/headers/starts) and at {} "
                       "(/headers/environment)",
                       start, time, again));
    all.push_back(seconds.value_or(0));
  }
  return all;
}

void note_starts(const CheckedContent& content, const std::vector<double>& starts, double now,
                 Problems& notes) {
  for (size_t start = 0; start < starts.size(); ++start) {
    const std::string& time = content.start_times[start].of_table;
    if (starts[start] > now + kSlack)
      notes.push_back(
          base::format("start {} began at {}, which has not come yet: the clock of its "
                       "host was wrong, or this one's is",
                       start, time));
    if (start > 0 && starts[start] < starts[start - 1] - kSlack)
      notes.push_back(
          base::format("start {} began at {}, before start {}: the clock of a host was "
                       "wrong",
                       start, time, start - 1));
  }
}

void note_trials(const CheckedContent& content, const std::vector<double>& starts, double now,
                 Problems& notes) {
  for (const ResultRow& row : content.results.rows) {
    const auto made_by = content.starts.find(row.id);
    if (row.status != "done" || made_by == content.starts.end()) continue;
    if (made_by->second < 0 || made_by->second >= std::ssize(starts)) continue;
    const double since = now - starts[static_cast<size_t>(made_by->second)];
    const double took = row.timing.load + row.timing.search + row.timing.answer;
    if (since >= 0 && took > since + kSlack)
      notes.push_back(base::format("trial {} took {}, and start {}, which made it, was {} ago",
                                   row.id, base::duration(took), made_by->second,
                                   base::duration(since)));
  }
}

}  // namespace

std::vector<StartTime> read_start_times(hid_t file) {
  std::vector<StartTime> times;
  for (const Environment& start : read_environments(file)) {
    const auto found = start.find("started_utc");
    times.push_back({.of_environment = found == start.end() ? "" : found->second});
  }
  StartRow::table().each(file, [&](const StartRow& row) {
    if (row.start >= 0 && row.start < std::ssize(times))
      times[static_cast<size_t>(row.start)].of_table = row.started_utc;
  });
  return times;
}

void check_times(const CheckedContent& content, std::string_view now_utc, Problems& problems,
                 Problems& notes) {
  const std::vector<double> starts = start_seconds(content, problems);
  const std::optional<double> now = seconds_of_utc(std::string(now_utc));
  if (!now) return;
  note_starts(content, starts, *now, notes);
  note_trials(content, starts, *now, notes);
}

}  // namespace lorahub::store
