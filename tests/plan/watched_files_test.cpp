// When a file changes while a study reads it, the program ends with code 75, names the file and
// records nothing that was computed with it.
#include "plan/watched_files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <thread>

#include "base/check.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "model/families.hpp"
#include "run/small_study.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

const fs::path kModel = SOURCE_DIR "/configs/model/mini";
const fs::path kModulesFolder = SOURCE_DIR "/configs/library/mini/r16";

// A study of its own model and modules (f32: mapped where they lie) whose search never ends.
fs::path endless_study(const std::string& name) {
  const fs::path folder = fresh_folder(name);
  fs::copy(kModel, folder / "model", fs::copy_options::recursive);
  const auto architecture = model::read_architecture(kModel);
  for (const char* module : {"find_letter", "max_letter"}) {
    lora::Module read = lora::read_module(kModulesFolder / module, module, *architecture);
    for (auto& [slot, f] : read.slots) f = {.a = f.a.to(at::kFloat), .b = f.b.to(at::kFloat)};
    lora::write_module(folder / "library" / module, read, *architecture, "mini");
  }
  write_study(folder,
              "question: q\nuses: {tasks: mini/unseen}\n"
              "set: {model: model, library: library, modules: [find_letter, max_letter], "
              "search.budget: 1000000, max_tokens: 2, task: [E1_isa_letter], method: lorahub}\n");
  return folder;
}

size_t generations(const fs::path& folder) {
  const std::string text = read_all(folder / "out/journal.ndj");
  size_t times = 0;
  for (size_t at = 0; (at = text.find("\"kind\":\"generation\"", at)) != std::string::npos; ++at)
    ++times;
  return times;
}

struct Changed {
  Ended ended;
  size_t before = 0, after = 0;  // generations in the journal
};

// Runs the study, and `change`s a file while the program is stopped in its search.
Changed changed_meanwhile(const fs::path& folder, const std::string& launcher,
                          const std::function<void()>& change) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    const int file = ::open((folder / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, STDERR_FILENO);
    const std::string command = "exec env " + study_command(folder, launcher, "");
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int state = 0;
  bool over = false;
  const auto ended = [&] { return over = over || ::waitpid(pid, &state, WNOHANG) == pid; };
  while (!ended() && generations(folder) < 3)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Changed result;
  ::kill(-pid, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // all of its processes stand still
  result.before = generations(folder);
  change();
  ::kill(-pid, SIGCONT);
  if (!over) ::waitpid(pid, &state, 0);
  result.after = generations(folder);
  result.ended = {.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
                  .err = read_all(folder / "err")};
  return result;
}

void expect_75(const fs::path& folder, const Changed& changed, const fs::path& file) {
  EXPECT_EQ(changed.ended.code, 75) << changed.ended.err;
  EXPECT_THAT(changed.ended.err, AllOf(HasSubstr((folder / file).string()),
                                       HasSubstr("run the same command to go on")));
  EXPECT_GE(changed.before, 3U);
  EXPECT_LE(changed.after, changed.before + 1) << "one may have been computed before the change";
  const store::History history = store::read_journal(folder / "out/journal.ndj");
  EXPECT_TRUE(history.finished.empty());
  EXPECT_TRUE(history.failed.empty());
}

TEST(ChangedMeanwhile, AFileCutShortIsNamedAndNoBusError) {
  for (const fs::path file :
       {"model/model.safetensors", "library/max_letter/adapter_model.safetensors"}) {
    const fs::path folder = endless_study("cut_short");
    expect_75(folder, changed_meanwhile(folder, "", [&] { fs::resize_file(folder / file, 1000); }),
              file);
  }
}

TEST(ChangedMeanwhile, AFileCutShortUnderSeveralRanks) {
  const fs::path folder = endless_study("cut_short_ranks"), file = "model/model.safetensors";
  expect_75(folder,
            changed_meanwhile(folder, "mpirun -n 2", [&] { fs::resize_file(folder / file, 1000); }),
            file);
}

TEST(ChangedMeanwhile, AModuleOverwrittenOrReplacedIsNamed) {
  const fs::path file = "library/max_letter/adapter_model.safetensors";
  const fs::path other = "library/find_letter/adapter_model.safetensors";
  for (const bool in_place : {true, false}) {
    const fs::path folder = endless_study("overwritten");
    const std::string bytes = read_all(folder / other);
    const Changed changed = changed_meanwhile(folder, "", [&] {
      if (!in_place) return base::write_file(folder / file, bytes);
      std::fstream(folder / file, std::ios::in | std::ios::out | std::ios::binary) << bytes;
    });
    expect_75(folder, changed, file);
  }
}

TEST(ChangedMeanwhile, SoAreRowsAndConfigurations) {
  const fs::path folder = endless_study("configuration");
  const fs::path file = "library/max_letter/adapter_config.json";
  const std::string text = read_all(folder / file);
  expect_75(folder,
            changed_meanwhile(folder, "", [&] { std::ofstream(folder / file) << text << "\n"; }),
            file);
}

TEST(WatchedFiles, AreWhatTheyWereOrNamed) {
  const fs::path folder = fresh_folder("watched");
  const std::vector<fs::path> files{folder / "a", folder / "b"};
  for (const fs::path& file : files) std::ofstream(file) << "content";
  plan::WatchedFiles watched;
  const auto both = watched.add(files), second = watched.add({files[1]});
  watched.check(both);
  fs::last_write_time(files[0], fs::last_write_time(files[0]) + std::chrono::seconds(1));
  watched.check(second);
  const auto message = [&] {
    try {
      watched.check(both);
    } catch (const base::Interrupted& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(), HasSubstr(files[0].string() + " changed while the study ran"));
  fs::remove(files[0]);
  EXPECT_THAT(message(), HasSubstr(files[0].string() + " changed"));
}

}  // namespace
}  // namespace lorahub
