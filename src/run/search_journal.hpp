// The journal of one search outside any study: an interrupted one goes on where it was.
#pragma once
#include <filesystem>
#include <string>

#include "search/minimize.hpp"
#include "store/journal.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

// A hash of all that the losses of a search depend on: its trial, the hashes of what it reads, the
// `settings` beside the trial's knobs, and those properties of this program and machine that change
// the last bits of losses. 16 hexadecimal digits.
std::string search_key(const study::Trial& trial, const store::Inputs& inputs,
                       const std::string& settings);

// The same as plain text, without the properties of program and machine: equal on all machines and
// for all versions.
std::string searched_by(const study::Trial& trial, const store::Inputs& inputs,
                        const std::string& settings);

class SearchJournal {
 public:
  // Opens the journal of this key in a folder that exists. Each key has a file of its own, so that
  // no search is answered with another one's losses. Interrupted where another process writes the
  // file.
  SearchJournal(const std::filesystem::path& folder, const std::string& key);

  // Losses that are recorded come from the journal, the others are recorded.
  search::Evaluate recorded(search::Evaluate evaluate);

  static void remove_all(const std::filesystem::path& folder);  // once the result is written

 private:
  std::string key_;
  store::Journal journal_;
};

}  // namespace lorahub::run
