#include "lab/vocabulary.hpp"

#include <sentencepiece_trainer.h>

#include <set>

#include "base/check.hpp"
#include "lab/prompt.hpp"

namespace lorahub::lab {
namespace {

// Each word once before a space and once at a line's end, twice each: so that the trainer takes it
// for a piece that ends there.
class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const Words& words) {
    for (const std::string& word : words)
      for (int i = 0; i < 2; ++i) lines_.push_back(base::format("{0} {0}", word));
  }
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> lines_;
  size_t at_ = 0;
};

std::string printable() {
  std::string all;
  for (char c = '!'; c <= '~'; ++c) all += c;
  return all;
}

void add(std::set<std::string>& words, const std::string& text) {
  for (const std::string& word : base::split(text, ' '))
    if (!word.empty() && word != "{w}" && word != "{b}") words.insert(word);
}

void add(std::set<std::string>& words, const Words& texts) {
  for (const std::string& text : texts) add(words, text);
}

}  // namespace

Words vocabulary(const Recipe& recipe) {
  std::set<std::string> words{"yes", "no",  "Yes", "No",  "True",   "False",
                              "not", "and", "or",  "the", "answer", "is"};
  for (const Words* texts : {&things(), &sided(), &colors(), &people(), &number_words(), &fillers(),
                             &letters(), &option_words(), &marks()})
    add(words, *texts);
  for (const Category& category : categories()) words.insert(category.name);
  for (int i = 0; i < 100; ++i) words.insert(base::format("{}", i));
  for (const Skill& skill : skills()) {
    add(words, skill.wordings);
    for (const Form form : forms(skill.kind)) add(words, cue(form));
  }
  for (const LabTask& task : recipe.targets()) add(words, task.text);
  for (const LabTask& task : recipe.modules) add(words, task.text);
  return {words.begin(), words.end()};
}

std::string train_pieces(const Words& words) {
  const std::string characters = printable();
  const size_t fixed = 3 + 1;  // <pad>, </s>, <unk>; the mark of a space
  Lines lines(words);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"model_type", "unigram"},
       {"vocab_size", base::format("{}", fixed + words.size() + characters.size())},
       {"pad_id", "0"},
       {"eos_id", "1"},
       {"unk_id", "2"},
       {"bos_id", "-1"},
       {"normalization_rule_name", "identity"},
       {"required_chars", characters},
       {"split_by_number", "false"},
       {"split_by_unicode_script", "false"},
       {"num_threads", "1"},
       {"minloglevel", "2"}},
      &lines, &model);
  base::check(status.ok(), "the vocabulary can't be trained: {}", status.ToString());
  return model;
}

}  // namespace lorahub::lab
