// The recipe of the word lab that is shipped, and a smaller one in a folder of a test.
#pragma once
#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "lab/words/word_recipe.hpp"
#include "process.hpp"

namespace lorahub::lab::words {

inline const std::filesystem::path kWords = SOURCE_DIR "/experiments/words";

inline WordRecipe shipped_words() { return read_word_recipe(kWords / "recipe.yaml", {}); }

// Three skills of ten words each, two forms.
struct SmallRecipe {
  explicit SmallRecipe(const std::string& name) : folder(fresh_folder(name)) {
    std::string past, female, same;
    for (int i = 0; i < 30; ++i) {
      const std::string word = base::format("word{}", i);
      past += word + "\t" + word + "ed\n";
      female += word + "\t" + word + "ess\n";
      same += word + "\t" + word + "\n";
    }
    base::write_file(folder / "lists/past.tsv", past);
    base::write_file(folder / "lists/female.tsv", female);
    base::write_file(folder / "lists/word.tsv", same);
  }
  // Writes the recipe with one text replaced, which must be there.
  std::filesystem::path write(const std::string& from = "", const std::string& to = "") const {
    std::string changed = text;
    const size_t at = changed.find(from);
    if (at != std::string::npos) changed.replace(at, from.size(), to);
    base::write_file(folder / "recipe.yaml", at == std::string::npos ? "" : changed);
    return folder / "recipe.yaml";
  }

  std::filesystem::path folder;
  std::string text = R"(seed: 1
model: model
base_name: some/base
lists: lists
skills:
  past: {list: past, ask: "The past of {word}?"}
  female: {list: female, ask: "The female of {word}?"}
  word: {list: word, ask: "Repeat {word}."}
forms:
  plain: "{answer}"
  upper: "{ANSWER}"
  brack: "[{answer}]"
modules: [past_plain, word_upper]
targets: [past_upper, female_plain]
controls: [past_brack]
rows: {module: 8, card: 2, pool: 3, test: 6}
ranks: [2]
train_module:
  train: lora
  targets: [q_proj, v_proj]
  dropout: 0
  steps: 3
  batch: 4
  lr: 1e-2
  target_length: 16
  store: f16
)";
};

}  // namespace lorahub::lab::words
