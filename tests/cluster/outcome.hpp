// What a run left, for tests that disturb it: its results as text, and waiting for them.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "payload.hpp"
#include "store/journal.hpp"

namespace lorahub {

// Everything of a results folder that may not depend on ranks, kills and clocks.
inline std::string payload(const std::filesystem::path& out) {
  std::map<std::string, std::string> trials;
  for (const auto& entry : std::filesystem::directory_iterator(out)) {
    if (entry.path().extension() != ".ndj") continue;
    for (const auto& [id, record] : store::read_journal(entry.path()).finished) {
      EXPECT_FALSE(trials.contains(id)) << "done twice: " << id;
      trials[id] = payload_of(record);
    }
  }
  std::string all;
  for (const auto& [id, text] : trials) all += id + text;
  return all;
}

inline size_t finished(const std::filesystem::path& out) {
  size_t count = 0;
  if (!std::filesystem::is_directory(out)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(out))
    if (entry.path().extension() == ".ndj")
      count += store::read_journal(entry.path()).finished.size();
  return count;
}

// Not a figure under test: when to give up.
[[nodiscard]] inline bool wait_until(const std::function<bool()>& done, int seconds = 150) {
  for (int i = 0; i < seconds * 4; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  return false;
}

}  // namespace lorahub
