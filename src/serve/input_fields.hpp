// The fields of inputs, a row each: what readers of the service's description learn, and the names
// that are known.
#pragma once
#include <string>
#include <vector>

namespace lorahub::serve {

struct InputField {
  std::string name;
  std::string schema;   // of JSON, without the description: a JSON object
  std::string meaning;  // a sentence
};

const std::vector<InputField>& input_fields();  // of an adaptation
const std::vector<InputField>& infer_fields();  // of answers to prompts
std::vector<std::string> input_names();

}  // namespace lorahub::serve
