// `lorahub train` as a user runs it: lists over ranks, kills, signals; the folders have the same
// bytes.
#include <gtest/gtest.h>

#include <map>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;

fs::path write_config(const fs::path& folder) {
  const std::string tasks = kConfigs + "/tasks/mini/upstream/";
  std::ofstream(folder / "c.yaml")
      << "train: lora\nmodel: " << kConfigs << "/model/mini\ndata: [" << tasks
      << "find_letter.jsonl, " << tasks << "add_roman.jsonl, " << tasks << "copy_dash.jsonl]\n"
      << "steps: 40\nbatch: 8\nrank: 4\nalpha: 8\nlr: 2e-3\n"
      << "model_dropout: 0.1\nheld_out: 0.2\ncheckpoint: 0.02\nout: " << (folder / "out").string()
      << "\n";
  return folder / "c.yaml";
}

Ended train(const fs::path& folder, const std::string& launcher) {
  return run_command(launcher + " " PROGRAM " train " + quoted(folder / "c.yaml") + " --quiet");
}

std::map<std::string, std::string> trained_alone() {
  static const auto expected = [] {
    const auto folder = fresh_folder("train_alone");
    write_config(folder);
    const Ended ended = train(folder, "");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return files_of(folder / "out");
  }();
  return expected;
}

TEST(Train, AListIsSharedOverRanksWithTheSameBytes) {
  ASSERT_EQ(trained_alone().size(), 12U);
  const auto folder = fresh_folder("train_ranks");
  write_config(folder);
  const Ended ended = train(folder, "mpirun -np 2");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(files_of(folder / "out"), trained_alone());
}

// A piece names the model; PEFT, from another folder, knows no pieces.
TEST(Train, AnAdapterNamesItsBaseByAPathThatHoldsFromAnyFolder) {
  for (const char* what : {"lora", "ia3"}) {
    const auto folder = fresh_folder("train_base");
    write_config(folder);
    const Ended ended =
        run_command("cd " + quoted(folder) + "; LORAHUB_CONFIGS=" + kConfigs +
                    " " PROGRAM " train c.yaml --quiet --set model=mini steps=2 data=" + kConfigs +
                    "/tasks/mini/upstream/find_letter.jsonl train=" + what);
    ASSERT_EQ(ended.code, 0) << ended.err;
    const std::string base = "\"" + fs::canonical(kConfigs + "/model/mini").string() + "\"";
    EXPECT_NE(
        read_all(folder / "out/adapter_config.json").find("\"base_model_name_or_path\": " + base),
        std::string::npos)
        << what;
    EXPECT_NE(read_all(folder / "out/README.md").find("base_model: " + base), std::string::npos);
    EXPECT_NE(read_all(folder / "out/README.md").find("from_pretrained(" + base),
              std::string::npos);
  }
}

bool has_checkpoint(const fs::path& folder) {
  const auto files = files_of(folder);
  return std::ranges::any_of(
      files, [](const auto& file) { return file.first.ends_with("checkpoint.safetensors"); });
}

// Kills a training as soon as it has written a checkpoint.
void kill_at_a_checkpoint(const fs::path& folder) {
  run_command(PROGRAM " train " + quoted(folder / "c.yaml") +
              " --quiet & pid=$!; for i in $(seq 6000); do ls " + quoted(folder / "out") +
              "/*/checkpoint.safetensors && break; kill -0 $pid || break; sleep 0.01; done; "
              "kill -KILL $pid; wait $pid");
}

TEST(Train, KillsChangeNothing) {
  const auto folder = fresh_folder("train_kills");
  write_config(folder);
  for (int attempt = 0; attempt < 20 && !has_checkpoint(folder); ++attempt)
    kill_at_a_checkpoint(folder);
  ASSERT_TRUE(has_checkpoint(folder)) << "there is a training to go on with";
  Ended ended{.code = -1};
  for (int kills = 0, milliseconds = 500; ended.code != 0; milliseconds = milliseconds * 5 / 4) {
    ASSERT_LT(kills++, 40) << ended.err;
    ended = train(folder, "timeout -s KILL " + std::to_string(milliseconds / 1000.0));
  }
  EXPECT_EQ(files_of(folder / "out"), trained_alone());
}

// A card says that a training is complete; a kill may still come before its checkpoint is removed.
TEST(Train, AKillBehindTheCardLeavesNoCheckpoint) {
  const auto folder = fresh_folder("train_behind_card");
  write_config(folder);
  for (const auto& [name, bytes] : trained_alone()) {
    fs::create_directories((folder / "out" / name).parent_path());
    std::ofstream(folder / "out" / name, std::ios::binary) << bytes;
  }
  std::ofstream(folder / "out/add_roman/checkpoint.safetensors") << "of the last step";
  std::ofstream(folder / "out/add_roman/checkpoint.safetensors.0-1-1.tmp") << "half of it";
  std::ofstream(folder / "out/add_roman/checkpoint.safetensors.mine") << "a user's";
  const Ended ended = train(folder, "");
  EXPECT_EQ(ended.code, 0) << ended.err;
  const fs::path own = folder / "out/add_roman/checkpoint.safetensors.mine";
  EXPECT_TRUE(fs::remove(own)) << "what no training wrote stays";
  EXPECT_EQ(files_of(folder / "out"), trained_alone());
}

TEST(Train, ASignalLeavesACheckpointAnd75) {
  const auto folder = fresh_folder("train_signal");
  write_config(folder);
  const Ended ended = run_command(
      PROGRAM " train " + quoted(folder / "c.yaml") +
      " --quiet --set checkpoint=9999 --set steps=100000 & pid=$!; for i in $(seq 100); do "
      "[ -d " +
      quoted(folder / "out") +
      " ] && break; sleep 0.1; done; sleep 1; kill -TERM $pid; "
      "wait $pid");
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_TRUE(fs::exists(folder / "out/find_letter/checkpoint.safetensors"));
}

// Factors of (IA)^3 answer as --adapter and as a row's own adapter; rows without one get the base.
TEST(Train, Ia3FoldersAnswer) {
  const auto folder = fresh_folder("train_ia3");
  const std::string task = kConfigs + "/tasks/mini/upstream/find_letter.jsonl";
  std::ofstream(folder / "c.yaml")
      << "train: ia3\nmodel: " << kConfigs << "/model/mini\ndata: " << task
      << "\nsteps: 30\nbatch: 8\nlr: 3e-2\nout: " << (folder / "out").string() << "\n";
  ASSERT_EQ(train(folder, "").code, 0);
  const std::string own = (folder / "out").string();
  std::ofstream rows(folder / "rows.jsonl");
  std::ofstream plain(folder / "plain.jsonl");
  std::ifstream lines(task);
  for (std::string line; std::getline(lines, line) && plain.tellp() < 2000;) {
    plain << line << "\n";
    rows << line << "\n"
         << line.substr(0, line.rfind('}')) << ", \"adapter\": \"" << own << "\"}\n";
  }
  rows.close();
  plain.close();
  const auto answers = [&](const std::string& file, const std::string& more) {
    const Ended ended = run_command(PROGRAM " infer --model " + kConfigs + "/model/mini --task " +
                                    quoted(folder / file) + " --max-tokens 8 " + more);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<std::string> all;
    std::istringstream out(ended.out);
    for (std::string line; std::getline(out, line);) all.push_back(line);
    return all;
  };
  const auto base = answers("plain.jsonl", "");
  const auto adapted = answers("plain.jsonl", "--adapter " + quoted(folder / "out"));
  const auto mixed = answers("rows.jsonl", "");
  EXPECT_NE(base, adapted);
  ASSERT_EQ(mixed.size(), 2 * base.size());
  for (size_t i = 0; i < base.size(); ++i) {
    EXPECT_EQ(mixed[2 * i], base[i]) << i;
    EXPECT_EQ(mixed[2 * i + 1], adapted[i]) << i;
  }
}

TEST(Train, BadInputIsNamedBeforeAnythingIsWritten) {
  const auto folder = fresh_folder("train_bad");
  std::ofstream(folder / "bad.jsonl")
      << "{\"inputs\": \"a\", \"targets\": \"b\"}\n{\"inputs\": 3}\n";
  std::ofstream(folder / "c.yaml")
      << "train: lora\nmodel: " << kConfigs
      << "/model/mini\ndata: bad.jsonl\nout: " << (folder / "out").string() << "\n";
  const Ended ended = train(folder, "");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("bad.jsonl:2: \"inputs\" is no text"), std::string::npos) << ended.err;
  EXPECT_FALSE(fs::exists(folder / "out"));
}

}  // namespace
}  // namespace lorahub
