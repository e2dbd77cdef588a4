// What a user should know about the inputs of a study although nothing is wrong with them.
#pragma once
#include <string>
#include <vector>

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

// Returns one sentence for each
// - library of which some modules that the trials mix name another base model than the trials do,
// - model whose files ask for answers that are not greedy,
// - model whose tokenizer transformers 5 reads differently from this program.
std::vector<std::string> notes(const std::vector<study::Trial>& trials);

}  // namespace lorahub::run
