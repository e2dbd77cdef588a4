#include "store/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <set>

#include "base/check.hpp"
#include "base/descriptor.hpp"
#include "base/number.hpp"
#include "store/codec.hpp"
#include "store/disk.hpp"
#include "store/regular_file.hpp"
#include "store/sentence.hpp"
#include "store/validity.hpp"

namespace lorahub::store {
namespace {

// Equal bits; one NaN is as good as another.
bool same(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return same(x, y); });
}

bool same(const search::Population& a, const search::Population& b) {
  return a.dim == b.dim && same(a.weights, b.weights);
}

bool same(const std::vector<search::Generation>& a, const std::vector<search::Generation>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return same(x.population, y.population) && same(x.losses, y.losses) &&
           same(x.gradient, y.gradient);
  });
}

struct IntoHistory {
  History& history;

  void operator()(Header&& header) { history.headers.push_back(std::move(header)); }
  void operator()(Start&& start) {
    history.failed.erase(start.trial);
    history.started[start.trial] = start.seconds;
    history.inputs[start.trial] = std::move(start.inputs);
  }
  // Generations after a damaged line don't follow those before it, so they are left out and
  // computed again.
  void operator()(Told&& told) {
    auto& before = history.told[told.trial];
    if (told.index == before.size()) before.push_back(std::move(told.generation));
  }
  void operator()(Finish&& finish) {
    const std::string trial = finish.record.trial;
    if (!history.inputs.contains(trial)) return;  // its start was damaged
    auto& told = history.told[trial];
    if (finish.told && told.size() != *finish.told) return;
    if (finish.told) finish.record.generations = std::move(told);
    history.told.erase(trial);
    history.failed.erase(trial);
    if (!history.headers.empty()) history.made_by[trial] = history.headers.size() - 1;
    history.finished[trial] = std::move(finish.record);
  }
  void operator()(Fail&& fail) { history.failed[fail.trial] = std::move(fail.message); }
};

// Finds what an entry may not say after those before it; "" when nothing. After a damaged line,
// whose content is missing, it checks each entry by itself alone.
struct Valid {
  const History& before;
  const std::set<std::string>& begun_since;  // trials, since the last start of the program

  std::string operator()(const Header& header) const { return contradiction(header); }
  std::string operator()(const Start& start) const {
    if (std::string wrong = of_trial(start.trial); !wrong.empty()) return wrong;
    if (!(start.seconds >= 0) || std::isinf(start.seconds)) return "its time is no time";
    if (std::string wrong = beyond_the_plan(start.trial); !wrong.empty()) return wrong;
    return contradiction(start.inputs);
  }
  std::string operator()(const Told& told) const {
    if (std::string wrong = of_trial(told.trial); !wrong.empty()) return wrong;
    if (std::string wrong = begun(told.trial); !wrong.empty()) return wrong;
    const size_t next = generations(told.trial);
    if (before.damages.empty() && told.index != next)
      return base::format("generation {} is recorded where {} follows", told.index, next);
    return contradiction(told.generation);
  }
  std::string operator()(const Finish& finish) const {
    const std::string& trial = finish.record.trial;
    if (std::string wrong = of_trial(trial); !wrong.empty()) return wrong;
    if (std::string wrong = begun(trial); !wrong.empty()) return wrong;
    if (finish.told && *finish.told != generations(trial))
      return before.damages.empty() ? base::format("it ends after {} generations, {} are recorded",
                                                   *finish.told, generations(trial))
                                    : "";
    Record record = finish.record;
    if (finish.told && *finish.told > 0) record.generations = before.told.at(trial);
    return contradiction(record);
  }
  std::string operator()(const Fail& fail) const {
    if (std::string wrong = of_trial(fail.trial); !wrong.empty()) return wrong;
    return begun(fail.trial);
  }

 private:
  std::string of_trial(const std::string& trial) const {
    if (!is_trial_id(trial)) return "its trial is no id of a trial";
    if (before.damages.empty() && before.finished.contains(trial))
      return base::format("trial {} has ended before", trial);
    return "";
  }
  std::string beyond_the_plan(const std::string& trial) const {
    if (before.headers.empty() || !before.damages.empty()) return "";
    const std::optional<size_t> planned = planned_trials(before.headers.back());
    const size_t count = begun_since.size() + (begun_since.contains(trial) ? 0 : 1);
    if (!planned || count <= *planned) return "";
    return base::format("{} trial(s) are begun where {} are planned", count, *planned);
  }
  std::string begun(const std::string& trial) const {
    if (!before.damages.empty() || before.started.contains(trial)) return "";
    return base::format("trial {} has not been started", trial);
  }
  size_t generations(const std::string& trial) const {
    const auto found = before.told.find(trial);
    return found == before.told.end() ? 0 : found->second.size();
  }
};

// Whether the tail is a piece of one line at most, which an interrupted write can leave. Two
// beginnings of a line are damage.
bool torn(std::string_view tail) { return tail.find("{\"crc\":\"", 1) == std::string_view::npos; }

// The trial that a damaged line speaks of, where that can still be read.
std::string trial_in(std::string_view line) {
  constexpr std::string_view kBefore = "\"trial\":\"";
  constexpr size_t kDigits = 16;
  const size_t at = line.find(kBefore);
  if (at == std::string_view::npos) return "";
  const std::string_view id = line.substr(at + kBefore.size(), kDigits);
  const bool whole = id.size() == kDigits && id.find_first_not_of("0123456789abcdef") == id.npos;
  return whole ? std::string(id) : "";
}

struct Content {
  History history;
  size_t whole = 0;  // bytes, up to the end of the last whole line
};

// Keeps the trials that were begun since the last start of the program.
void note_begun(const JournalEntry& entry, std::set<std::string>& begun) {
  if (std::holds_alternative<Header>(entry)) begun.clear();
  if (const Start* start = std::get_if<Start>(&entry)) begun.insert(start->trial);
}

Content replay(const std::string& name, std::string_view text) {
  Content content;
  std::set<std::string> begun;
  for (size_t line = 1; content.whole < text.size(); ++line) {
    const size_t end = text.find('\n', content.whole);
    const bool last = end == std::string_view::npos || end + 1 == text.size();
    const std::string_view words =
        text.substr(content.whole, end == std::string_view::npos ? end : end - content.whole);
    const std::string_view json =
        end == std::string_view::npos ? std::string_view{} : unframe(words);
    if (json.empty() && last && torn(words)) break;
    if (json.empty()) {
      content.history.damages.push_back({.line = line, .trial = trial_in(words)});
      if (end == std::string_view::npos) break;
      content.whole = end + 1;
      continue;
    }
    content.whole = end + 1;
    try {
      JournalEntry entry = decode(json);
      const std::string wrong = std::visit(Valid{content.history, begun}, entry);
      base::check(wrong.empty(), "no record that a run has written ({})", wrong);
      note_begun(entry, begun);
      std::visit(IntoHistory{content.history}, std::move(entry));
    } catch (const base::Error& error) {
      base::fail(
          "{}:{}: {}, use the version that wrote the journal, or start anew with another --out",
          name, line, sentence(error.what()));
    }
  }
  return content;
}

std::string content_of(const std::filesystem::path& file) {
  return std::filesystem::exists(file) ? read_regular_file(file) : std::string();
}

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) cannot_write(folder.string(), error.value());
}

// Puts the name of a new file on the disk, which is a part of its folder.
void sync_folder(const std::filesystem::path& folder) {
  const base::Descriptor open(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open < 0 || ::fsync(open) != 0) cannot_write(folder.string(), errno);
}

base::Descriptor open_to_append(const std::filesystem::path& file) {
  const int number =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (number < 0) cannot_write(file.string(), errno);
  return base::Descriptor(number);
}

}  // namespace

History read_journal(const std::filesystem::path& file) {
  return replay(file.string(), content_of(file)).history;
}

struct Journal::File {
  File(const std::filesystem::path& file, const LockOptions& options)
      : name(file.string()), lock(file, options), descriptor(open_to_append(file)) {}

  void cut(size_t to) {
    if (::ftruncate(descriptor, static_cast<off_t>(to)) != 0) cannot_write(name, errno);
    size = to;
  }

  void write(std::string_view line) {
    const size_t before = size;
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = ::write(descriptor, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) undo(before);
      rest.remove_prefix(static_cast<size_t>(written));
    }
    if (::fdatasync(descriptor) != 0) undo(before);
    size = before + line.size();
    check_there();
  }

  // Error where the file was removed or replaced, since what is written to it would be lost with
  // it.
  void check_there() const {
    lock.check_still_held();
    struct stat open {
    }, named{};
    ::fstat(descriptor, &open);
    if (::stat(name.c_str(), &named) == 0 && named.st_ino == open.st_ino &&
        named.st_dev == open.st_dev)
      return;
    throw base::Interrupted(base::format(
        "{} was removed while the study ran (what it held is lost, and so would be what follows), "
        "put the results folder back, or run the same command to begin anew",
        name));
  }

  // Removes half a line where that is possible; the next opening does so, too.
  [[noreturn]] void undo(size_t before) {
    const int error = errno;
    if (::ftruncate(descriptor, static_cast<off_t>(before)) != 0) errno = error;
    cannot_go_on_writing(name, error);
  }

  std::string name;
  WriterLock lock;
  base::Descriptor descriptor;
  size_t size = 0;
};

Journal::Journal(const std::filesystem::path& file, const LockOptions& options) {
  make_folder(file.parent_path());
  file_ = std::make_unique<File>(file, options);
  const std::string text = content_of(file);
  Content content = replay(file.string(), text);
  file_->size = text.size();
  if (content.whole < text.size()) file_->cut(content.whole);
  if (text.empty()) sync_folder(file.parent_path());
  history_ = std::move(content.history);
}

Journal::~Journal() = default;

// The entry is replayed from the bytes written, so that the history always equals what is on the
// disk.
void Journal::append(const std::string& json) {
  file_->write(frame(json));
  std::visit(IntoHistory{history_}, decode(json));
}

void Journal::read(const std::function<void(const History&)>& use) const {
  const std::lock_guard lock(mutex_);
  use(history_);
}

std::optional<search::Generation> Journal::told(const std::string& trial, size_t index) const {
  const std::lock_guard lock(mutex_);
  const auto found = history_.told.find(trial);
  if (found == history_.told.end() || index >= found->second.size()) return std::nullopt;
  return found->second[index];
}

void Journal::header(const Header& header) {
  const std::lock_guard lock(mutex_);
  append(encode(header));
}

void Journal::start(const std::string& trial, const Inputs& inputs) {
  const std::lock_guard lock(mutex_);
  append(encode(Start{.trial = trial, .inputs = inputs, .seconds = seconds_since_epoch()}));
}

void Journal::generation(const std::string& trial, const search::Generation& generation) {
  const std::lock_guard lock(mutex_);
  append(
      encode(Told{.trial = trial, .index = history_.told[trial].size(), .generation = generation}));
}

void Journal::finish(const Record& record) {
  const std::lock_guard lock(mutex_);
  const auto told = history_.told.find(record.trial);
  Finish finish{.record = record, .told = {}};
  if (told != history_.told.end() && same(told->second, record.generations))
    finish.told = told->second.size();
  append(encode(finish));
}

void Journal::fail(const std::string& trial, const std::string& message) {
  const std::lock_guard lock(mutex_);
  append(encode(Fail{.trial = trial, .message = message}));
}

search::Evaluate recorded(search::Evaluate evaluate, Journal& journal, const std::string& trial) {
  return [evaluate = std::move(evaluate), &journal, trial,
          next = size_t{0}](const search::Population& population) mutable -> search::Evaluation {
    const size_t index = next++;
    const std::optional<search::Generation> before = journal.told(trial, index);
    if (!before) {
      search::Evaluation found = evaluate(population);
      journal.generation(trial, {.population = population,
                                 .losses = found.losses,
                                 .faults = found.faults,
                                 .gradient = found.gradient});
      return found;
    }
    base::check(same(before->population, population),
                "generation {} of trial {} asks for other weights than those recorded (the program "
                "or its libraries "
                "changed, and old and new results would be mixed), use another --out, or the "
                "version that began",
                index + 1, trial);
    search::Evaluation found(before->losses, before->faults);
    found.gradient = before->gradient;
    return found;
  };
}

std::optional<size_t> planned_trials(const Header& header) {
  const auto found = header.environment.find("trials");
  if (found == header.environment.end()) return std::nullopt;
  return base::number<size_t>(found->second);
}

}  // namespace lorahub::store
