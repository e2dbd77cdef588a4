// The body of a commit as Hugging Face's clients send it: a JSON object a line, of which each
// changes one file.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lorahub::serve {

struct CommitActions {
  std::function<void(const std::string& file, const std::string& bytes)> write;
  std::function<void(const std::string& file)> remove;
};

// Carries out the lines in their order and returns the commit that they were made for ("": any).
// One file at a time is held in memory. Error with a sentence for the client where a line can't be
// understood; the lines before it were carried out.
std::string read_commit(std::string_view lines, const CommitActions& actions);

}  // namespace lorahub::serve
