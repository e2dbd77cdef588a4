// How long the rows of a task are in tokens: which are refused as too long, and of which a loss
// reads the beginning alone.
#pragma once
#include <string>
#include <vector>

#include "task/count_tokens.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

// The lengths of the rows that a trial computes with, in tokens with </s>.
struct Lengths {
  struct RowLengths {
    double source = 0, target = 0;
    int options = 0;  // that the prompt lists; computed where the trial scores by options
  };
  std::vector<RowLengths> shots;    // as a loss reads them
  std::vector<RowLengths> prompts;  // of the test rows, whole; target: 0 where the row has none
  size_t cut = 0;                   // shots of which a loss reads the beginning alone
};
// Who reads the rows: a model's tokenizer (or none) and its window (Architecture::window()).
struct Reader {
  const text::Tokenizer* tokenizer = nullptr;
  int64_t window = 0;
};
// Error for a shot or a prompt of more than `task.max_input` tokens, or that the window has no room
// for, naming file and row.
enum class Reads { shots, shots_and_prompts };
Lengths lengths(const study::Trial& trial, const task::Task& task, const Reader& reader,
                Reads reads = Reads::shots_and_prompts);

// Of how many examples a loss reads the beginning alone.
size_t count_cut(const text::Tokenizer& tokenizer, const std::vector<task::Example>& examples);

// Whether some loss of the trial reads its shots.
bool has_loss(const study::Trial& trial);

// One sentence about the shots that are cut; "" for none.
struct CutShots {
  size_t cut = 0, of = 0;
};
std::string sentence(const CutShots& shots);

// What transformers does at the end of the window.
inline constexpr const char* kWritesOn =
    "transformers warns and writes on, into places that the model never learned";

// The prompts whose answers the model's window could end before `max_tokens` does.
struct ShortAnswers {
  struct Limits {
    int max_tokens = 0;
    int64_t window = 0;  // 0: any number
  };
  size_t ended = 0, of = 0;
  int64_t window = 0;  // the smallest that ends one
  void add(const std::vector<Lengths::RowLengths>& prompts, const Limits& limits);
};
// One sentence about them; "" for none.
std::string sentence(const ShortAnswers& answers);

}  // namespace lorahub::plan
