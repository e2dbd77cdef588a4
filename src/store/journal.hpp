// The append-only journal: one JSON record a line with its CRC-32, on the disk (fdatasync) before
// it counts.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "search/minimize.hpp"
#include "store/record.hpp"

namespace lorahub::store {

// Everything a journal says, replayed. A torn last line (kill in the middle of a write) is cut off;
// a bad line before the end is an Error with file and line.
struct History {
  std::vector<Header> headers;  // one a start of the program: environment, study, command line
  std::map<std::string, Inputs> inputs;  // by trial id
  std::map<std::string, std::vector<search::Generation>>
      told;                                   // by trial id: generations of trials not finished
  std::map<std::string, Record> finished;     // by trial id
  std::map<std::string, std::string> failed;  // by trial id: the message; a later record ends it
  std::map<std::string, double> started;      // by trial id: seconds since the epoch
};
History read_journal(const std::filesystem::path& file);  // an absent file: an empty history

// One writer per journal (locked). Reads what is there first, cuts a torn tail, then appends.
class Journal {
 public:
  explicit Journal(const std::filesystem::path& file);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const History& history() const { return history_; }
  void header(const Header& header);
  void start(const std::string& trial, const Inputs& inputs);
  void generation(const std::string& trial, const search::Generation& generation);
  void finish(const Record& record);
  void fail(const std::string& trial, const std::string& message);

 private:
  void append(const std::string& json);
  struct File;
  std::unique_ptr<File> file_;
  History history_;
};

// The evaluate of a trial, recorded: generations already told are fed back from the journal (their
// weights must be the same bits, else Error: the study or the program changed), new ones are
// computed, written, then returned.
search::Evaluate recorded(search::Evaluate evaluate, Journal& journal, const std::string& trial);

}  // namespace lorahub::store
