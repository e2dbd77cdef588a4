// Official scoring: equality after strip, lower-case and removal of every '.', in that order, as
// Python's answer.strip().lower().replace(".", ""). So spaces inside count, and "yes ." is not
// "yes".
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::task {

// Equals Python's result for every letter of Unicode but the Greek final sigma, which Python lowers
// by its place in the word.
std::string normalise(std::string_view answer);
bool is_hit(std::string_view answer, std::string_view target);

// chrF (Popovic 2015) of an answer, 0 to 100, as sacrebleu's sentence_chrf by default: n-grams of 1
// to 6 letters without white space, recall counts twice (beta 2). 0 where one of both is empty.
double chrf(std::string_view answer, std::string_view target);

// Returns the options that a prompt lists behind its last "options:" (in any case), as answers:
// "(A)", "(B)", ... in that order, on lines of their own or on one line; or lines such as "- yes".
// {} where it lists none.
std::vector<std::string> options(std::string_view prompt);

}  // namespace lorahub::task
