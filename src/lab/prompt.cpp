#include "lab/prompt.hpp"

#include <cassert>

#include "base/text.hpp"

namespace lorahub::lab {
namespace {

const Words& separators() {
  static const Words all{" ",   " ",   " ",   " ",   " ",   " ",   " : ", " : ", " : ",
                         " : ", " - ", " ; ", " , ", " . ", " ? ", " / ", " = ", " . "};
  return all;
}

const Words& endings() {
  static const Words all{"", "", "", " .", " ?"};
  return all;
}

std::string some_filler(Draw& draw, int most) {
  Words words(static_cast<size_t>(draw.between(1, most)));
  for (std::string& word : words) word = draw.one(fillers());
  return base::join(words, " ") + draw.one(separators());
}

}  // namespace

const Words& option_words() {
  static const Words all{"options:", "choices:", "pick from:", "options -"};
  return all;
}

const Words& marks() {
  static const Words all{":", "-", ";", ",", ".", "?", "/", "=", "=>", "(", ")",
                         "[", "]", "{", "}", "<", ">", "i", "v", "x",  "o"};
  return all;
}

std::string shown(const Question& question, const std::string& options) {
  Words parts;
  if (!question.body.empty()) parts.push_back(question.body);
  if (!question.options.empty()) parts.push_back(options);
  for (size_t i = 0; i < question.options.size(); ++i)
    parts.push_back(letters()[i] + " " + question.options[i]);
  return base::join(parts, " ");
}

std::string free_prompt(Draw& draw, const Wording& wording, const Question& question) {
  const std::string body =
      shown(question, draw.chance(.6) ? option_words()[0] : draw.one(option_words()));
  const std::string separator = draw.one(separators()), ending = draw.one(endings());
  const std::string cue = wording.cue.empty() ? "" : " " + wording.cue + " .";
  const std::string filler = draw.chance(.55) ? "" : some_filler(draw, 6);
  const size_t order = draw.below(100);
  if (order < 22) return filler + body + separator + wording.ask + ending + cue;
  if (order < 62) return filler + wording.ask + cue + separator + body + ending;
  return filler + wording.ask + separator + body + ending + cue;
}

std::string filled(const std::string& text, const std::string& wording, const Question& question) {
  std::string out = text;
  const auto put = [&](const std::string& place, const std::string& words) {
    const size_t at = out.find(place);
    if (at != std::string::npos) out.replace(at, place.size(), words);
  };
  put("{w}", wording);
  put("{b}", shown(question));
  return out;
}

task::Example few_shot_row(Draw& draw, const Skill& skill, Form form,
                           const std::vector<Question>& questions) {
  const std::string ask = draw.one(skill.wordings);
  const bool ask_first = draw.chance(.7);
  const std::string filler = draw.chance(.4) ? some_filler(draw, 4) : "";
  const std::string separator = draw.one(separators()), ending = draw.one(endings());
  std::vector<task::Example> rows;
  for (const Question& question : questions) {
    const std::string body = shown(question);
    rows.push_back({.input = base::format("{}{}{}{}{}", filler, ask_first ? ask : body, separator,
                                          ask_first ? body : ask, ending),
                    .target = answer(question, form)});
  }
  const task::Example last = rows.back();
  rows.pop_back();
  return {.input = task::icl_prompt(rows, last.input), .target = last.target};
}

}  // namespace lorahub::lab
