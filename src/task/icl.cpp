#include <algorithm>
#include <string_view>

#include "task/task.hpp"

namespace lorahub::task {
namespace {

constexpr std::string_view kBlank = "\n\n";

// The first paragraph and the blank line behind it; "" without one.
std::string_view description(std::string_view input) {
  const size_t end = input.find(kBlank);
  return end == std::string_view::npos ? std::string_view{} : input.substr(0, end + kBlank.size());
}

bool is_one_line(std::string_view text) { return text.find('\n') == std::string_view::npos; }

// "input => target ; input => target ; question =>"
std::string arrows(const std::vector<Example>& shots, const std::string& input) {
  std::string prompt;
  for (const Example& shot : shots) prompt += shot.input + " => " + shot.target + " ; ";
  return prompt + input + " =>";
}

}  // namespace

std::string icl_prompt(const std::vector<Example>& shots, const std::string& input) {
  if (shots.empty()) return input;
  std::string_view shared = description(input);
  const auto shares = [&](const Example& shot) { return shot.input.starts_with(shared); };
  if (!std::all_of(shots.begin(), shots.end(), shares)) shared = {};
  const auto one_line = [](const Example& shot) { return is_one_line(shot.input); };
  if (is_one_line(input) && std::all_of(shots.begin(), shots.end(), one_line))
    return arrows(shots, input);

  std::string prompt(shared);
  for (const Example& shot : shots) {
    prompt += std::string_view(shot.input).substr(shared.size());
    if (!shot.input.ends_with(':')) prompt += '\n';  // no "A:" to answer behind
    prompt += shot.target;
    prompt += kBlank;
  }
  return prompt + input.substr(shared.size());
}

}  // namespace lorahub::task
