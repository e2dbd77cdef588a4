#include "task/score.hpp"

#include "base/text.hpp"
#include "text/unicode.hpp"

namespace lorahub::task {
namespace {

// "(A)" at the front of `text`, then white space or the end.
bool has_label(std::string_view text, char letter) {
  return text.size() >= 3 && text[0] == '(' && text[1] == letter && text[2] == ')' &&
         (text.size() == 3 || text[3] == ' ' || text[3] == '\n' || text[3] == '\t');
}

std::vector<std::string> labels(std::string_view list) {
  std::vector<std::string> found;
  char letter = 'A';
  for (bool begins = true; !list.empty() && letter <= 'Z'; list.remove_prefix(1)) {
    if (begins && has_label(list, letter)) {
      found.push_back({'(', letter, ')'});
      ++letter;
    }
    begins = list[0] == ' ' || list[0] == '\n' || list[0] == '\t';
  }
  return found;
}

std::vector<std::string> dashed_lines(std::string_view list) {
  std::vector<std::string> found;
  for (const std::string& line : base::split(list, '\n')) {
    const std::string text = base::strip(line);
    if (text.empty() && found.empty()) continue;
    if (!text.starts_with("- ")) break;
    found.push_back(base::strip(text.substr(2)));
  }
  return found;
}

}  // namespace

std::string normalise(std::string_view answer) {
  std::string out;
  size_t kept = 0;  // bytes of `out` up to the last letter that is no white space
  while (!answer.empty()) {
    const char32_t c = text::take(answer);
    if (text::is_python_space(c)) {
      if (kept > 0) text::append(out, c);
      continue;
    }
    if (c == 0x130) {
      out += "i\u0307";  // the one capital that two letters stand for
    } else {
      text::append(out, text::lower(c));
    }
    kept = out.size();
  }
  out.resize(kept);
  std::erase(out, '.');
  return out;
}

bool is_hit(std::string_view answer, std::string_view target) {
  return normalise(answer) == normalise(target);
}

std::vector<std::string> options(std::string_view prompt) {
  constexpr std::string_view kHead = "options:";
  const size_t head = base::lower(prompt).rfind(kHead);
  if (head == std::string::npos) return {};
  const std::string_view list = prompt.substr(head + kHead.size());
  std::vector<std::string> lines = dashed_lines(list);
  return lines.empty() ? labels(list) : lines;
}

}  // namespace lorahub::task
