#include "store/origin.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace lorahub::store {
namespace {

// Settings are absent where nobody made them; journals of older versions have no cpu_capability.
struct OriginEntry {
  const char* name;
  bool setting = false;
};
constexpr const char* kRanksDiffer = "ranks differ";
constexpr OriginEntry kEntries[] = {{"version"},
                                    {"commit"},
                                    {"compiler"},
                                    {"libtorch"},
                                    {"device"},
                                    {"cpu"},
                                    {"cpu_capability"},
                                    {"MKL_CBWR", true},
                                    {"ATEN_CPU_CAPABILITY", true},
                                    {"MKL_ENABLE_INSTRUCTIONS", true},
                                    {"ONEDNN_MAX_CPU_ISA", true},
                                    {"DNNL_MAX_CPU_ISA", true},
                                    {kRanksDiffer, true}};

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::string or_not_set(const std::string& value) { return value.empty() ? "not set" : value; }

}  // namespace

std::string origin(const Environment& environment) {
  std::vector<std::string> words;
  for (const OriginEntry& entry : kEntries)
    if (const std::string value = value_of(environment, entry.name); !value.empty())
      words.push_back(base::format("{} {}", entry.name, value));
  return base::join(words, ", ");
}

std::string difference(const Environment& before, const Environment& now) {
  std::vector<std::string> words;
  for (const OriginEntry& entry : kEntries) {
    const std::string old = value_of(before, entry.name), fresh = value_of(now, entry.name);
    if (old == fresh || (!entry.setting && (old.empty() || fresh.empty()))) continue;
    words.push_back(
        base::format("{} ({}, then {})", entry.name, or_not_set(old), or_not_set(fresh)));
  }
  return base::join(words, ", ");
}

std::string mixed_origins(const std::vector<std::string>& origins) {
  std::map<std::string, size_t> trials;
  for (const std::string& one : origins)
    if (!one.empty()) ++trials[one];
  const bool unlike_ranks = std::ranges::any_of(
      trials, [](const auto& t) { return t.first.find(kRanksDiffer) != std::string::npos; });
  if (trials.size() < 2 && !unlike_ranks) return "";
  std::vector<std::string> words;
  for (const auto& [text, count] : trials) words.push_back(base::format("{} by {}", count, text));
  return base::format(
      "Trials were made by {} (the same bits are promised on like machines with the same program "
      "only): {}.",
      trials.size() < 2 ? "ranks with unlike processors"
                        : base::format("{} kinds of machine or program", trials.size()),
      base::join(words, "; "));
}

}  // namespace lorahub::store
