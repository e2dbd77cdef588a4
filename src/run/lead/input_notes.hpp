// What a user should know about the inputs of a study although nothing is wrong with them.
#pragma once
#include <string>
#include <vector>

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

// A sentence for each library whose modules name another base model than the trials' (of all
// modules that the trials mix), and for each model whose files ask for other answers than greedy
// ones, or whose tokenizer transformers 5 reads otherwise.
std::vector<std::string> notes(const std::vector<study::Trial>& trials);

}  // namespace lorahub::run
