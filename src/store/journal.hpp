// The append-only journal: each line is a JSON record with its CRC-32, and is on the disk
// (fdatasync) before it counts. It is our own format, since a kill at any moment leaves every whole
// line readable, where an HDF5 file that is open for writing may be lost.
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

// A line whose checksum differs. What it recorded is lost, so its trial is run again.
struct Damage {
  size_t line = 0;    // from 1
  std::string trial;  // as far as the line can be read, else ""
};

// Everything that a journal says. A torn last line (from a kill in the middle of a write) is left
// out.
struct History {
  std::vector<Header> headers;           // one for each start of the program
  std::map<std::string, Inputs> inputs;  // by trial id
  std::map<std::string, std::vector<search::Generation>>
      told;                                   // by trial id: generations of trials not finished
  std::map<std::string, Record> finished;     // by trial id
  std::map<std::string, std::string> failed;  // by trial id: the message, unless it ran again
  std::map<std::string, double> started;      // by trial id: seconds since the epoch
  std::map<std::string, size_t> made_by;      // by id of a finished trial: its start, in headers
  std::vector<Damage> damages;
};
History read_journal(const std::filesystem::path& file);  // an absent file: an empty history

// A journal has one writer at a time (store/writer_lock.hpp). The constructor reads what is there
// and cuts a torn tail off; then several threads may append.
class Journal {
 public:
  explicit Journal(const std::filesystem::path& file, const LockOptions& options = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const History& history() const { return history_; }  // while no other thread appends
  // Calls `use` while no thread appends.
  void read(const std::function<void(const History&)>& use) const;
  // Generation `index`, from 0, of a trial that has not finished; nothing where it is not recorded.
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

// Wraps the evaluate of a trial to record it: losses of generations in the journal come from there
// (their weights must have the same bits, else Error, since the study or the program has changed);
// others are computed, written to the journal, then returned.
search::Evaluate recorded(search::Evaluate evaluate, Journal& journal, const std::string& trial);

}  // namespace lorahub::store
