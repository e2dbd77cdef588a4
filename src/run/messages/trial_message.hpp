// A trial on its way to a rank: its knobs as text, and where its files lie on rank 0.
#pragma once
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "study/trial.hpp"

namespace lorahub::run {

struct TrialMessage {
  std::vector<std::pair<std::string, std::string>> settings;  // study::settings()
  std::string model_path, library_path, pool_file, test_file;
  std::string varied;  // Trial::varied, which its label shows

  static constexpr auto kFields =
      std::tuple(&TrialMessage::settings, &TrialMessage::model_path, &TrialMessage::library_path,
                 &TrialMessage::pool_file, &TrialMessage::test_file, &TrialMessage::varied);
};

// The bytes of a trial's message. Equal trials have equal bytes.
std::string encode_trial(const study::Trial& trial);
// The inverse of encode_trial(). Error for bytes that are no trial.
study::Trial decode_trial(const std::string& bytes);

}  // namespace lorahub::run
