// What of a finished trial may not depend on ranks, kills and clocks, as text.
#pragma once
#include <bit>
#include <cstdint>
#include <string>

#include "store/journal.hpp"

namespace lorahub {

inline std::string payload_of(const store::Record& record) {
  std::string text;
  const auto bits = [&](double value) {
    text += " " + std::to_string(std::bit_cast<uint64_t>(value));
  };
  for (double w : record.weights) bits(w);
  bits(record.accuracy);
  for (const auto& generation : record.generations) {
    for (double w : generation.population.weights) bits(w);
    for (double loss : generation.losses) bits(loss);
    for (const auto& fault : generation.faults) text += "!" + std::to_string(fault.candidate);
  }
  for (double sum : record.shot_sums) bits(sum);
  for (const auto& answer : record.answers) text += "|" + answer.answer;
  return text + " " + std::to_string(record.counts.rounds) + "\n";
}

}  // namespace lorahub
