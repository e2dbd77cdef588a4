// The program, as the tests of its commands call it: on the mini lab of configs/.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "process.hpp"

namespace lorahub {

inline const std::string kConfigs = SOURCE_DIR "/configs";
inline const std::string kModel = " --model " + kConfigs + "/model/mini";

inline Ended lorahub(const std::string& arguments) {
  return run_command("LORAHUB_CONFIGS='" + kConfigs + "' " PROGRAM " " + arguments);
}

// What a command printed, which must have ended well.
inline nlohmann::json parsed(const Ended& ended) {
  EXPECT_EQ(ended.code, 0) << ended.err;
  return nlohmann::json::parse(ended.out, nullptr, false);
}

// The bytes of every file of a folder, by the path in it.
inline std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] = read_all(entry.path());
  return files;
}

}  // namespace lorahub
