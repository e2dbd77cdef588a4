#include "study/methods.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace lorahub::study {

const MethodInfo* find_method(std::string_view word) {
  const auto found = std::ranges::find(kMethods, word, [](const MethodInfo& m) { return m.word; });
  return found == kMethods.end() ? nullptr : &*found;
}

bool uses_modules(Method method) { return info(method).uses_modules; }

bool uses_search(Method method) { return info(method).uses_search; }

bool uses_shots(Method method) { return info(method).uses_shots; }

bool trains(Method method) { return info(method).trains != Trains::nothing; }

bool measures_candidates(Method method) { return info(method).measures_candidates; }

bool mixes_by_gradient(Method method) { return info(method).trains == Trains::mixture; }

bool weighs_inputs(Method method) { return info(method).modules_of_input > 0; }

template <>
const std::vector<std::string>& words<Method>() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    for (const MethodInfo& row : kMethods) all.emplace_back(row.word);
    return all;
  }();
  return list;
}

}  // namespace lorahub::study
