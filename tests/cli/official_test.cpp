// experiments/official_bbh.yaml as it stands, on a Hugging Face cache made here from the mini-lab's
// files: names, refs, snapshots and links to blobs as `hf download` leaves them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "process.hpp"
#include "store/journal.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
const fs::path kShipped = SOURCE_DIR "/configs";

// models--org--name/{blobs/N, snapshots/HASH/file -> ../../blobs/N, refs/main}
void add_to_cache(const fs::path& hub, const std::string& name, const fs::path& files) {
  std::string folder = "models--" + name;
  folder.replace(folder.find('/'), 1, "--");
  const fs::path snapshot = hub / folder / "snapshots" / "0123abcd";
  fs::create_directories(snapshot);
  fs::create_directories(hub / folder / "blobs");
  fs::create_directories(hub / folder / "refs");
  std::ofstream(hub / folder / "refs" / "main") << "0123abcd";
  int blob = 0;
  for (const auto& entry : fs::directory_iterator(files)) {
    const std::string number = std::to_string(blob++);
    fs::create_symlink(entry.path(), hub / folder / "blobs" / number);
    fs::create_symlink(fs::path("../../blobs") / number, snapshot / entry.path().filename());
  }
}

fs::path make_cache() {
  const fs::path home = fresh_folder("hf_home");
  add_to_cache(home / "hub", "google/flan-t5-large", kShipped / "model/mini");
  std::vector<fs::path> modules;
  for (const auto& entry : fs::directory_iterator(kShipped / "library/mini/r16"))
    if (entry.is_directory()) modules.push_back(entry.path());  // not the library's index
  std::ifstream names(kShipped / "library/lorahub_196.txt");
  size_t i = 0;
  for (std::string name; std::getline(names, name);)
    add_to_cache(home / "hub", name, modules[i++ % modules.size()]);
  EXPECT_EQ(i, 196U);
  return home;
}

TEST(OfficialStudy, RunsFromTheHuggingFaceCache) {
  const fs::path home = make_cache(), out = fresh_folder("official");
  const Ended ended =
      run_command("HF_HOME=" + quoted(home) +
                  " " PROGRAM " run " SOURCE_DIR
                  "/experiments/official_bbh.yaml --quiet --only task=snarks --only seed.modules=1 "
                  "--only method=lorahub --set max_tokens=2 --out " +
                  quoted(out));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const store::History history = store::read_journal(out / "journal.ndj");
  ASSERT_EQ(history.finished.size(), 2U);  // official and cma
  std::vector<std::string> names;
  std::ifstream lines(kShipped / "library/lorahub_196.txt");
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  for (const auto& [id, record] : history.finished) {
    EXPECT_EQ(record.shot_rows,
              (std::vector<int>{42, 41, 91, 9, 65}));  // of the official script, its seed 42
    ASSERT_EQ(record.modules.size(), 20U);             // and its module draw of seed 1
    EXPECT_EQ(record.modules[0], names[34]);
    EXPECT_EQ(record.modules[1], names[145]);
    EXPECT_EQ(record.modules[19], names[0]);
    EXPECT_EQ(record.counts.evaluations, 40);
    EXPECT_EQ(record.answers.size(), 78U);
  }
}

TEST(OfficialStudy, SaysWhereItLookedWhenNothingIsDownloaded) {
  const fs::path home = fresh_folder("hf_empty");
  const Ended ended =
      run_command("HF_HOME=" + quoted(home) +
                  " " PROGRAM " run " SOURCE_DIR "/experiments/official_bbh.yaml --quiet --out " +
                  quoted(home / "out"));
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, testing::HasSubstr("google/flan-t5-large"));
  EXPECT_THAT(ended.err, testing::HasSubstr(home.string()));
  EXPECT_FALSE(fs::exists(home / "out"));
}

}  // namespace
}  // namespace lorahub
