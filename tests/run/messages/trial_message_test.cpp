#include "run/messages/trial_message.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/check.hpp"
#include "study/study.hpp"

namespace lorahub::run {
namespace {

TEST(TrialMessage, EveryTrialOfTheCommittedStudiesComesThrough) {
  size_t trials = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/experiments")) {
    if (entry.path().extension() != ".yaml") continue;
    std::vector<study::Trial> some = study::load(entry.path()).trials;
    if (some.size() > 100) some.resize(100);
    for (const study::Trial& trial : some) {
      const study::Trial same = decode_trial(encode_trial(trial));
      ASSERT_EQ(same, trial) << entry.path() << ": " << study::label(trial);
      EXPECT_EQ(study::id(same), study::id(trial));
      EXPECT_EQ(encode_trial(same), encode_trial(trial));
      ++trials;
    }
  }
  EXPECT_GT(trials, 100U);
}

TEST(TrialMessage, OfNoTrialIsRefused) {
  EXPECT_THROW(decode_trial(""), base::Error);
  EXPECT_THROW(decode_trial(base::encode(TrialMessage{.settings = {{"shotz", "5"}}})), base::Error);
  EXPECT_THROW(decode_trial(base::encode(TrialMessage{.settings = {{"shots", "many"}}})),
               base::Error);
}

}  // namespace
}  // namespace lorahub::run
