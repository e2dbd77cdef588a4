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
const std::vector<InputField>& probe_fields();  // of a probe
std::vector<std::string> input_names();
const std::vector<std::string>& searches();  // that an adaptation may name

// WrongInput for a text that no model reads as a whole.
void check_length(const std::string& text, const std::string& field);

// WrongInput for the first name that is none of the fields. `beside` is the field that makes it an
// input of this kind, for the message.
void check_known(const std::vector<std::string>& names, const std::vector<InputField>& fields,
                 const std::string& beside);

}  // namespace lorahub::serve
