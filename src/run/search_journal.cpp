#include "run/search_journal.hpp"

#include "base/clock.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "plan/environment.hpp"
#include "store/origin.hpp"
#include "study/study.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kBegin = "search-", kEnd = ".ndj";

}  // namespace

std::string searched_by(const study::Trial& trial, const store::Inputs& inputs,
                        const std::string& settings) {
  std::string text = study::id(trial) + "\n" + settings + "\n";
  for (const auto& [name, hash] : inputs) text += name + " " + hash + "\n";
  return text;
}

std::string search_key(const study::Trial& trial, const store::Inputs& inputs,
                       const std::string& settings) {
  return base::sha256(searched_by(trial, inputs, settings) + store::origin(plan::environment()))
      .substr(0, 16);
}

SearchJournal::SearchJournal(const fs::path& folder, const std::string& key)
    : key_(key), journal_(folder / base::format("{}{}{}", kBegin, key, kEnd)) {
  if (!journal_.history().headers.empty()) return;
  journal_.header({.study = "adapt",
                   .question = "",
                   .yaml = "",
                   .command_line = "",
                   .started_utc = base::utc_now(),
                   .environment = plan::environment()});
  journal_.start(key_, {});
}

search::Evaluate SearchJournal::recorded(search::Evaluate evaluate) {
  return store::recorded(std::move(evaluate), journal_, key_);
}

void SearchJournal::remove_all(const fs::path& folder) {
  std::error_code error;  // what can't be removed stays, and is of no harm
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kBegin) && name.find(kEnd) != std::string::npos)
      fs::remove(entry.path(), error);
  }
}

}  // namespace lorahub::run
