// A study that takes seconds on the mini-lab, run by the real program, and what of its results may
// not depend on ranks, kills and clocks.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>

#include "payload.hpp"
#include "process.hpp"
#include "read_hdf5.hpp"
#include "store/journal.hpp"

namespace lorahub {

inline const char* const kSmallStudy = R"(question: Does it run?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 6, search.budget: 25, search.population: 10, max_tokens: 8}
vary: {method: [zero_shot, icl, uniform, best_single, random_lora, lorahub], task: [E1_isa_letter], seed: [1, 2]}
)";

inline void write_study(const std::filesystem::path& folder,
                        const std::string& text = kSmallStudy) {
  std::ofstream(folder / "small.yaml") << text;
}

inline std::string study_command(const std::filesystem::path& folder, const std::string& launcher,
                                 const std::string& more) {
  return "LORAHUB_CONFIGS=" SOURCE_DIR "/configs " + launcher + " " PROGRAM " run " +
         quoted(folder / "small.yaml") + " --quiet --out " + quoted(folder / "out") + " " + more;
}

inline Ended run_study(const std::filesystem::path& folder, const std::string& launcher,
                       const std::string& more = "") {
  return run_command(study_command(folder, launcher, more));
}

inline std::vector<std::filesystem::path> journals(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(folder / "out"))
    for (const auto& entry : std::filesystem::directory_iterator(folder / "out"))
      if (entry.path().extension() == ".ndj") files.push_back(entry.path());
  return files;
}

// The payload of all journals of the folder, in the order of the ids.
inline std::string payload(const std::filesystem::path& folder) {
  std::map<std::string, std::string> trials;
  for (const auto& journal : journals(folder)) {
    for (const auto& [id, record] : store::read_journal(journal).finished) {
      EXPECT_TRUE(trials.emplace(id, id + payload_of(record)).second) << id << " is there twice";
    }
  }
  std::string all;
  for (const auto& [id, text] : trials) all += text;
  return all;
}

inline const std::filesystem::path& alone_folder() {  // computed once, by one rank
  static const std::filesystem::path folder = [] {
    const auto fresh = fresh_folder("one_rank");
    write_study(fresh);
    const Ended ended = run_study(fresh, "");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return fresh;
  }();
  return folder;
}

inline std::string alone() { return payload(alone_folder()); }

// The tables of the result file that must be equal, by h5diff.
inline void expect_same_hdf5(const std::filesystem::path& folder) {
  for (const char* table : {"evaluations", "answers", "weights", "shots", "dropped", "resolved",
                            "inputs", "failures", "faults", "config", "trace"}) {
    const Ended ended =
        run_command("h5diff " + quoted(folder / "out/out.h5") + " " +
                    quoted(alone_folder() / "out/out.h5") + " /" + table + " /" + table);
    EXPECT_EQ(ended.code, 0) << table << ": " << ended.out << ended.err;
  }
  const auto runs = [](const std::filesystem::path& f) {
    std::string text;
    for (const store::ResultRow& row : store::read_hdf5(f / "out/out.h5").rows)
      text += row.id + row.status + std::to_string(row.accuracy) +
              std::to_string(row.counts.rounds) + std::to_string(row.best_loss) + "\n";
    return text;
  };
  EXPECT_EQ(runs(folder), runs(alone_folder()));
}

}  // namespace lorahub
