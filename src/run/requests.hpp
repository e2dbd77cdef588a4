// What the coordinator asks of all ranks: one byte for the kind, then its bytes.
#pragma once
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace lorahub::run {

enum class Request : char {
  log = 'L',      // + folder: open this rank's log file in it
  begin = 'B',    // + index in the plan; reply: hashes of shots and test rows
  measure = 'M',  // + workers::across's request; reply: sums of this rank's tiles
  answer = 'A',   // + weights as bytes (none: the base model); reply: this rank's answers, packed
  trained = 'T'   // + train::bytes of what the trial trained; reply: as to answer
};

inline std::string bytes(std::span<const double> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

inline std::vector<double> doubles(const std::string& text) {
  std::vector<double> values(text.size() / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), text.data(), text.size());
  return values;
}

}  // namespace lorahub::run
