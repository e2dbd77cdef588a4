#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "process.hpp"

namespace lorahub {

// Commands of shell text, alone in PATH with the system's own.
class FakeCommands : public testing::Test {
 protected:
  FakeCommands() { setenv("PATH", (folder_.string() + ":" + kSystem).c_str(), 1); }
  ~FakeCommands() override { setenv("PATH", before_.c_str(), 1); }
  void fake(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << "#!/bin/bash\necho \"$0\" \"$@\" >>" << (folder_ / "calls")
                                  << "\n"
                                  << text << "\n";
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
  }
  // As on a machine that has no Slurm.
  void only_fakes() { setenv("PATH", folder_.c_str(), 1); }
  static constexpr const char* kSystem = "/usr/bin:/bin";
  std::string before_ = std::getenv("PATH");
  std::filesystem::path folder_ = fresh_folder("fakes");
};

}  // namespace lorahub
