#include "lab/words/word_list.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace lorahub::lab::words {
namespace {

constexpr const char* kSmallerPart = "66";  // hexadecimal for 102

WordEntry parse(const std::string& line, const std::string& where) {
  const size_t tab = line.find('\t');
  WordEntry entry{.word = line.substr(0, tab),
                  .answer = tab == std::string::npos ? "" : line.substr(tab + 1)};
  base::check(!entry.word.empty() && !entry.answer.empty() && base::is_printable_line(entry.word) &&
                  base::is_printable_line(entry.answer),
              "{}: '{}' is no line of a word list, write a word, a tab and its answer", where,
              base::printable_line(line));
  for (const std::string& text : {entry.word, entry.answer})
    base::check(text.front() != ' ' && text.back() != ' ',
                "{}: '{}' begins or ends with a space (it would be part of the text), remove it",
                where, text);
  base::check(
      std::ranges::all_of(entry.answer, [](unsigned char c) { return c < 0x80; }),
      "{}: the answer '{}' is not of ASCII alone (forms say its letters and capitals, which "
      "are known here for ASCII), leave the line out or write it without accents",
      where, entry.answer);
  return entry;
}

}  // namespace

bool in_smaller_part(const std::string& name) {
  return base::sha256(name).substr(0, 2) < kSmallerPart;
}

std::vector<WordEntry> read_word_list(const std::filesystem::path& file) {
  std::vector<WordEntry> list;
  std::set<std::string> seen;
  std::vector<std::string> lines = base::split(base::read_file(file), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();  // behind the last line end
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string where = base::format("{}:{}", file.string(), i + 1);
    WordEntry entry = parse(lines[i], where);
    base::check(seen.insert(entry.word).second,
                "{}: the word '{}' is there twice (a question has one right answer), remove one",
                where, entry.word);
    list.push_back(std::move(entry));
  }
  base::check(!list.empty(), "{}: has no words, write a word, a tab and its answer a line",
              file.string());
  return list;
}

ListParts split(const std::vector<WordEntry>& list) {
  std::set<std::string> all;
  for (const WordEntry& entry : list) all.insert(entry.word);
  ListParts parts;
  for (const WordEntry& entry : list) {
    const std::string& first =
        all.contains(entry.answer) ? std::min(entry.word, entry.answer) : entry.word;
    (in_smaller_part(first) ? parts.upstream : parts.unseen).push_back(entry);
  }
  return parts;
}

}  // namespace lorahub::lab::words
