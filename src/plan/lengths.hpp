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
// Error for a shot or a prompt of more than `task.max_input` tokens, naming file and row.
enum class Reads { shots, shots_and_prompts };
Lengths lengths(const study::Trial& trial, const task::Task& task, const text::Tokenizer* tokenizer,
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

}  // namespace lorahub::plan
