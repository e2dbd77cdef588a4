#include "serve/input_fields.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "serve/adapt_input.hpp"
#include "study/choices.hpp"
#include "study/pieces.hpp"

namespace lorahub::serve {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of a text: more than any model reads at once
constexpr const char* kText = R"({"type": "string"})";
constexpr const char* kRows = R"({"type": "array", "minItems": 1, "items": {"type": "object",
  "required": ["input", "target"], "additionalProperties": false, "properties":
  {"input": {"type": "string", "minLength": 1}, "target": {"type": "string", "minLength": 1}}}})";
constexpr const char* kTextOrList =
    R"({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})";

// The schema of one of these words, of which none holds a character that JSON escapes.
std::string one_of_words(const std::vector<std::string>& words) {
  return R"({"type": "string", "enum": [")" + base::join(words, R"(", ")") + R"("]})";
}

}  // namespace

const std::vector<InputField>& input_fields() {
  static const std::vector<InputField> fields{
      {"examples", kRows, "About five rows of the task, which the search sees."},
      {"test", kRows, "Rows of their own, on which the result is tried."},
      {"model", kText, "The name of a model; it is not needed where there is one."},
      {"library", kText, "The name of a library of modules; it is not needed where there is one."},
      {"modules",
       R"({"oneOf": [{"type": "string", "enum": ["all"]}, {"type": "integer", "minimum": 1},
  {"type": "array", "minItems": 1, "items": {"type": "string"}}]})",
       "Candidates: all, a number drawn by the seed, or names."},
      {"search", one_of_words(searches()),
       "Along the gradient of the weights, by the best settings known of a search by losses, or by "
       "those of the paper; by default gradient, and recommended where there is a budget."},
      {"budget", R"({"type": "integer", "minimum": 1, "maximum": 10000})",
       "Evaluations of a search by losses; by default as the search says."},
      {"shots",
       R"({"oneOf": [{"type": "string", "enum": ["all"]}, {"type": "integer", "minimum": 1}]})",
       "How many of the examples the search sees, drawn by the seed; by default all."},
      {"seed", R"({"type": "integer", "minimum": 0, "default": 1})",
       "Of all draws and the search."},
      {"example_inputs", kTextOrList,
       "The inputs of the examples, one a line or one an item of a list."},
      {"example_outputs", kTextOrList, "Their outputs, as many as there are inputs."},
      {"lora_modules_specified", kText, "Names of candidates, with commas."},
      {"num_random_lora_modules", R"({"type": "integer", "minimum": 1})",
       "Candidates that are drawn by the seed where none is named."},
      {"max_inference_step", R"({"type": "integer", "minimum": 10, "maximum": 100})",
       "Evaluations of the paper's search."}};
  return fields;
}

const std::vector<InputField>& infer_fields() {
  static const std::vector<InputField> fields{
      {"prompts",
       R"({"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1}})",
       "What is to be answered."},
      {"model", kText, "The name of a model; it is not needed where there is one, or with `job`."},
      {"job", kText, "The id of an adaptation that has succeeded, whose adapter answers."},
      {"library", kText, "The name of a library, for `module` and `weights`."},
      {"module", kText, "A module of the library, which answers alone."},
      {"weights",
       R"({"type": "object", "minProperties": 1, "additionalProperties": {"type": "number"}})",
       "Weights by names of modules of the library, whose mixture answers."},
      {"composition", one_of_words(study::words<study::Composition>()),
       "How the weights are mixed, as by studies whose other settings are the defaults; by default "
       "A and B each."},
      {"max_tokens", R"({"type": "integer", "minimum": 1, "maximum": 2048, "default": 256})",
       "The most tokens of an answer."}};
  return fields;
}

const std::vector<InputField>& probe_fields() {
  static const std::vector<InputField> fields{
      {"probe",
       R"({"oneOf": [{"type": "string", "enum": ["all"]},
  {"type": "array", "minItems": 1, "items": {"type": "string"}}]})",
       "The modules that are tried alone: all that fit the model, or names."},
      {"examples", kRows, "The rows on which each module is tried."},
      {"model", kText, "The name of a model; it is not needed where there is one."},
      {"library", kText, "The name of a library of modules; it is not needed where there is one."}};
  return fields;
}

const std::vector<std::string>& searches() {
  static const std::vector<std::string> names{study::kGradientSearch, study::kUsualSearch,
                                              study::kPapersSearch};
  return names;
}

namespace {

std::vector<std::string> names_of(const std::vector<InputField>& fields) {
  std::vector<std::string> names;
  for (const InputField& field : fields) names.push_back(field.name);
  return names;
}

}  // namespace

std::vector<std::string> input_names() { return names_of(input_fields()); }

void check_length(const std::string& text, const std::string& field) {
  if (text.size() > kMostBytes)
    throw WrongInput(
        field, base::format("a text of `{}` has {} bytes (at most {} are taken), shorten it", field,
                            text.size(), kMostBytes));
}

void check_known(const std::vector<std::string>& names, const std::vector<InputField>& fields,
                 const std::string& beside) {
  const std::vector<std::string> known = names_of(fields);
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw WrongInput(
          name, base::format("`{}` is no input beside `{}` (it would not be read){}", name, beside,
                             base::did_you_mean(name, known, ", leave it out")));
}

}  // namespace lorahub::serve
