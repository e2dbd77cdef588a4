#include "store/same_inputs.hpp"

#include <vector>

#include "base/text.hpp"

namespace lorahub::store {
namespace {

using Knobs = std::map<std::string, std::string>;

std::string value_of(const Knobs& knobs, const char* name) {
  const auto found = knobs.find(name);
  return found == knobs.end() ? "" : found->second;
}

std::string of_library(const std::string& input, const Knobs& knobs) {
  const std::string library = value_of(knobs, "library"), rank = value_of(knobs, "rank");
  if (library.empty()) return "";
  const bool as_they_are = rank.empty() || rank == "0";
  return base::format("{} of library {}{}", input, library, as_they_are ? "" : " at rank " + rank);
}

// Describes rows that were drawn, with the knobs that say which ones.
std::string of_draw(const std::string& input, const Knobs& knobs) {
  std::vector<std::string> draw;
  for (const char* name : {"shots", "seed.shots", "labels"})
    draw.push_back(base::format("{} {}", name, value_of(knobs, name)));
  if (value_of(knobs, "shots").empty()) return "";
  return base::format("{} of task {} ({})", input, value_of(knobs, "task"), base::join(draw, ", "));
}

bool is_of_library(const std::string& input) {
  return input.starts_with("module ") || input.starts_with("card ");
}

}  // namespace

std::string described(const std::string& input, const Knobs& knobs) {
  if (is_of_library(input)) return of_library(input, knobs);
  if (input == "shots" || input == "test") return of_draw(input, knobs);
  const char* owner = input == "pool file" || input == "test file" ? "task" : "model";
  const std::string value = value_of(knobs, owner);
  if (value.empty()) return "";
  return input == owner ? base::format("{} {}", owner, value)
                        : base::format("{} of {} {}", input, owner, value);
}

std::string SameInputs::add(const Inputs& inputs, const Knobs& knobs, const std::string& where) {
  std::string first;
  for (const auto& [name, hash] : inputs) {
    const std::string input = described(name, knobs);
    if (input.empty()) continue;
    const auto [seen, fresh] = seen_.try_emplace(input, Seen{.hash = hash, .where = where});
    if (fresh || seen->second.hash == hash || !first.empty()) continue;
    first = base::format("{} ({} in {}, {} in {})", input, seen->second.hash.substr(0, 12),
                         seen->second.where, hash.substr(0, 12), where);
  }
  return first;
}

}  // namespace lorahub::store
