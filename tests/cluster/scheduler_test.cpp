// The table of batch systems, and who may know them.
#include "cluster/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "process.hpp"

namespace lorahub::cluster {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

TEST(Schedulers, AreFoundByTheirWord) {
  EXPECT_EQ(find_scheduler("slurm")->name, "Slurm");
  EXPECT_EQ(find_scheduler("")->word, schedulers().front().word);
  EXPECT_FALSE(find_scheduler("nosuch").has_value());
}

// A row that lacks a function would throw where a user needs it.
TEST(Schedulers, AreComplete) {
  std::set<std::string> words;
  for (const Scheduler& row : schedulers()) {
    EXPECT_TRUE(words.insert(row.word).second) << row.word << " is there twice";
    EXPECT_FALSE(row.name.empty() || row.submit_command.empty());
    EXPECT_TRUE(row.default_launcher && row.seconds && row.check_options && row.render &&
                row.submit && row.queue && row.cancel_command && row.is_job_id)
        << row.word;
    const JobScripts scripts = row.render({.study = "s", .out = "results/s", .launcher = "mpirun"});
    EXPECT_EQ(scripts.study.file.parent_path(), fs::path("results/s") / row.word);
    EXPECT_EQ(scripts.report.file.parent_path(), fs::path("results/s") / row.word);
  }
}

// Files of src that include a header of a scheduler's folder from outside that folder.
std::vector<std::string> users_of_a_scheduler() {
  std::vector<std::string> users;
  const fs::path src = SOURCE_DIR "/src";
  for (const auto& entry : fs::recursive_directory_iterator(src)) {
    const fs::path file = fs::relative(entry.path(), src);
    const std::string text = entry.is_regular_file() ? read_all(entry.path()) : "";
    for (const Scheduler& row : schedulers())
      if (text.find("#include \"cluster/" + row.word + "/") != std::string::npos &&
          file.parent_path() != fs::path("cluster") / row.word)
        users.push_back(file.string());
  }
  return users;
}

TEST(Schedulers, AreNamedByTheirTableAlone) {
  EXPECT_THAT(users_of_a_scheduler(), ElementsAre("cluster/scheduler.cpp"));
}

}  // namespace
}  // namespace lorahub::cluster
