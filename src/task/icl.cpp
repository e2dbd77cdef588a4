#include <algorithm>
#include <string_view>

#include "task/task.hpp"
#include "text/prompt_pieces.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::task {
namespace {

constexpr std::string_view kParagraphs = "\n\n";

// The first paragraph and the blank line behind it; "" without one.
std::string_view description(std::string_view input) {
  const size_t end = input.find(kParagraphs);
  return end == std::string_view::npos ? std::string_view{}
                                       : input.substr(0, end + kParagraphs.size());
}

bool is_one_line(std::string_view text) { return text.find('\n') == std::string_view::npos; }

// "input => target ; input => target ; question =>"
std::string arrows(const std::vector<Example>& shots, const std::string& input,
                   const IclLayout& layout) {
  std::string prompt;
  for (const Example& shot : shots)
    prompt += shot.input + " =>" + layout.before + shot.target + layout.behind;
  return prompt + input + " =>";
}

bool begins_with_a_stop(std::string_view text, const std::vector<std::string>& stops) {
  return std::ranges::any_of(stops, [&](const auto& stop) { return text.starts_with(stop); });
}

// A text with a stop in front of it, where there are stops and it begins with none.
std::string ending(std::string text, const std::vector<std::string>& stops) {
  if (stops.empty() || begins_with_a_stop(text, stops)) return text;
  return stops.front() + text;
}

// What parts rows of one line: the usual sign where answers end at it, else a new line or a stop.
std::string part(const std::vector<std::string>& stops) {
  const std::string usual = IclLayout().behind;
  if (begins_with_a_stop(usual, stops)) return usual;
  if (stops.empty() || begins_with_a_stop("\n", stops)) return "\n";
  return stops.front() + " ";
}

}  // namespace

IclLayout icl_layout(const text::PromptPieces& pieces) {
  const std::string before = pieces.joiner.empty() ? " " : pieces.joiner;
  return {.before = before,
          .behind = part(pieces.stop),
          .colon_before = before,
          .line_before = before,
          .blank = ending(IclLayout().blank, pieces.stop)};
}

IclLayout icl_layout(const text::Tokenizer* tokenizer) {
  const auto pieces = tokenizer == nullptr ? std::nullopt : tokenizer->prompt_pieces();
  return pieces ? icl_layout(*pieces) : IclLayout();
}

std::string icl_prompt(const std::vector<Example>& shots, const std::string& input,
                       const IclLayout& layout) {
  if (shots.empty()) return input;
  std::string_view shared = description(input);
  const auto shares = [&](const Example& shot) { return shot.input.starts_with(shared); };
  if (!std::all_of(shots.begin(), shots.end(), shares)) shared = {};
  const auto one_line = [](const Example& shot) { return is_one_line(shot.input); };
  if (is_one_line(input) && std::all_of(shots.begin(), shots.end(), one_line))
    return arrows(shots, input, layout);

  std::string prompt(shared);
  for (const Example& shot : shots) {
    prompt += std::string_view(shot.input).substr(shared.size());
    prompt += shot.input.ends_with(':') ? layout.colon_before : layout.line_before;
    prompt += shot.target;
    prompt += layout.blank;
  }
  return prompt + input.substr(shared.size());
}

}  // namespace lorahub::task
