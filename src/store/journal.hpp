// The append-only journal: one JSON record a line with its CRC-32, on the disk (fdatasync) before
// it counts.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "search/minimize.hpp"
#include "store/record.hpp"
#include "store/writer_lock.hpp"

namespace lorahub::store {

// A line whose checksum differs. What it recorded is not known any more, so its trial is run again.
struct Damage {
  size_t line = 0;    // from 1
  std::string trial;  // as far as the line can be read, else ""
};

// Everything a journal says, replayed. A torn last line (kill in the middle of a write) is cut off.
struct History {
  std::vector<Header> headers;  // one a start of the program: environment, study, command line
  std::map<std::string, Inputs> inputs;  // by trial id
  std::map<std::string, std::vector<search::Generation>>
      told;                                   // by trial id: generations of trials not finished
  std::map<std::string, Record> finished;     // by trial id
  std::map<std::string, std::string> failed;  // by trial id: the message; a later record ends it
  std::map<std::string, double> started;      // by trial id: seconds since the epoch
  std::map<std::string, size_t> made_by;      // by id of a finished trial: which of the headers
  std::vector<Damage> damages;
};
History read_journal(const std::filesystem::path& file);  // an absent file: an empty history

// One writer per journal (store/writer_lock.hpp). Reads what is there first, cuts a torn tail, then
// appends, from several threads at once.
class Journal {
 public:
  explicit Journal(const std::filesystem::path& file, const LockOptions& options = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const History& history() const { return history_; }  // while no other thread appends
  // Calls `use` while nobody appends.
  void read(const std::function<void(const History&)>& use) const;
  // A generation recorded before: index `index` of a trial not finished.
  std::optional<search::Generation> told(const std::string& trial, size_t index) const;

  void header(const Header& header);
  void start(const std::string& trial, const Inputs& inputs);
  void generation(const std::string& trial, const search::Generation& generation);
  void finish(const Record& record);
  void fail(const std::string& trial, const std::string& message);

 private:
  void append(const std::string& json);
  struct File;
  mutable std::mutex mutex_;
  std::unique_ptr<File> file_;
  History history_;
};

// How many trials a start of the program was to run; nothing where its record does not say so.
std::optional<size_t> planned_trials(const Header& header);

// The evaluate of a trial, recorded: generations already told are fed back from the journal (their
// weights must be the same bits, else Error: the study or the program changed), new ones are
// computed, written, then returned.
search::Evaluate recorded(search::Evaluate evaluate, Journal& journal, const std::string& trial);

}  // namespace lorahub::store
