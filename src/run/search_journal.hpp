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

// All that the losses of a search depend on, as one word: its trial, the hashes of what it reads,
// `settings` beside the trial's knobs, and what decides bits of this program and machine.
std::string search_key(const study::Trial& trial, const store::Inputs& inputs,
                       const std::string& settings);

// The same as text, on whatever machine and by whatever version.
std::string searched_by(const study::Trial& trial, const store::Inputs& inputs,
                        const std::string& settings);

class SearchJournal {
 public:
  // In a folder that is there, a file of its own for each key, so that no search is answered with
  // another one's losses. Interrupted where another process writes it.
  SearchJournal(const std::filesystem::path& folder, const std::string& key);

  // Losses that are recorded come from the journal, the others are recorded.
  search::Evaluate recorded(search::Evaluate evaluate);

  static void remove_all(const std::filesystem::path& folder);  // once the result is written

 private:
  std::string key_;
  store::Journal journal_;
};

}  // namespace lorahub::run
