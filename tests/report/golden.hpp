// Reference values of tests/golden/report_statistics.py.
#pragma once
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {

inline const nlohmann::json& golden(const std::string& name) {
  static const nlohmann::json all = [] {
    std::ifstream file(SOURCE_DIR "/tests/golden/statistics.json");
    return nlohmann::json::parse(file);
  }();
  return all.at(name);
}

inline std::vector<double> numbers(const nlohmann::json& list) {
  return list.get<std::vector<double>>();
}

}  // namespace lorahub::report
