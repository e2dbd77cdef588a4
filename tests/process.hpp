// Runs a shell command for a test: what it printed and how it ended.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lorahub {

struct Ended {
  int code = 0;  // 128 + signal when killed
  std::string out, err;
};

inline std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A fresh folder for one test.
inline std::filesystem::path fresh_folder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("lorahub_test_" + std::to_string(::getpid())) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// Several threads may run commands at the same time.
inline Ended run_command(const std::string& command) {
  static std::atomic<int> number = 0;
  const auto folder = fresh_folder("process" + std::to_string(++number));
  const std::string line =
      "{ " + command + "\n} >" + (folder / "out").string() + " 2>" + (folder / "err").string();
  const int state = std::system(line.c_str());
  Ended ended{.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
              .out = read_all(folder / "out"),
              .err = read_all(folder / "err")};
  std::filesystem::remove_all(folder);
  return ended;
}

inline std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace lorahub
