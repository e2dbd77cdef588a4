// What a method chose: the weights that answer the test rows, or the answers themselves where it
// trained other weights. The reply of a rank that trained.
#pragma once
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "search/minimize.hpp"

namespace lorahub::run {

struct MethodResult {
  std::vector<double> weights;                             // [N]; empty: the base model
  double loss = std::numeric_limits<double>::quiet_NaN();  // of the weights, on the shots
  std::vector<search::Generation> generations;             // what was evaluated on the way
  // Only methods that train (run/rank/training.hpp) set these:
  std::vector<std::string> answers;  // of the test rows; empty: the weights answer them
  std::vector<double> shot_sums;     // [K], where they are not those of the weights
  long steps = 0;
  long backwards = 0;  // examples whose gradient was taken, each with a forward of its own

  static constexpr auto kFields =
      std::tuple(&MethodResult::weights, &MethodResult::loss, &MethodResult::generations,
                 &MethodResult::answers, &MethodResult::shot_sums, &MethodResult::steps,
                 &MethodResult::backwards);
  // Error where a generation is not of candidates of as many weights, or a count is negative.
  void check() const;
};

}  // namespace lorahub::run

template <>
struct lorahub::base::FieldsOf<lorahub::search::Population> {
  static constexpr auto kList = std::tuple(&search::Population::dim, &search::Population::weights);
};
template <>
struct lorahub::base::FieldsOf<lorahub::search::Fault> {
  static constexpr auto kList = std::tuple(&search::Fault::candidate, &search::Fault::cause);
};
template <>
struct lorahub::base::FieldsOf<lorahub::search::Generation> {
  static constexpr auto kList = std::tuple(
      &search::Generation::population, &search::Generation::losses, &search::Generation::faults);
};
