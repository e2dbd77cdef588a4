#include "serve/adapt_input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/escape.hpp"
#include "base/nesting.hpp"
#include "serve/input_fields.hpp"
#include "study/choices.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostExamples = 1000, kMostTestRows = 10'000;
constexpr int kLeastBudget = 1, kMostBudget = 10'000;
constexpr int kMostSteps = 100, kLeastSteps = 10;  // of the demo's max_inference_step
constexpr int kDemoModules = 20;                   // of the demo's num_random_lora_modules

[[noreturn]] void wrong(const std::string& field, const std::string& sentence) {
  throw WrongInput(field, sentence);
}

std::string text(const json& value, const std::string& field) {
  if (!value.is_string()) wrong(field, base::format("`{}` is no text, give one", field));
  return value.get<std::string>();
}

int64_t whole(const json& value, const std::string& field, int64_t least, int64_t most) {
  const bool is_there = value.is_number_integer() &&
                        !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
  if (!is_there || value.get<int64_t>() < least || value.get<int64_t>() > most)
    wrong(field,
          base::format("`{}` is no whole number from {} to {}, give one", field, least, most));
  return value.get<int64_t>();
}

task::Example row(const json& value, const std::string& field) {
  const bool fits =
      value.is_object() && value.size() == 2 && value.contains("input") && value.contains("target");
  if (!fits)
    wrong(field,
          base::format("a row of `{}` is no object {{\"input\": ..., \"target\": ...}} (other "
                       "columns would not be read), give these two",
                       field));
  task::Example example{.input = text(value["input"], field),
                        .target = text(value["target"], field)};
  if (base::strip(example.input).empty() || base::strip(example.target).empty())
    wrong(field, base::format("a row of `{}` is empty, fill it or leave it out", field));
  for (const std::string& one : {example.input, example.target}) check_length(one, field);
  return example;
}

std::vector<task::Example> rows(const json& value, const std::string& field, size_t most) {
  if (!value.is_array()) wrong(field, base::format("`{}` is no list of rows, give one", field));
  if (value.empty() || value.size() > most)
    wrong(field, base::format("`{}` has {} rows, give 1 to {}", field, value.size(), most));
  std::vector<task::Example> list;
  for (const json& one : value) list.push_back(row(one, field));
  return list;
}

// The demo's texts hold a row a line; lists keep the line breaks within a row.
std::vector<std::string> lines(const json& value, const std::string& field) {
  std::vector<std::string> list;
  if (!value.is_array()) {
    for (const std::string& line : base::split(text(value, field), '\n'))
      if (!base::strip(line).empty()) list.push_back(base::strip(line));
    return list;
  }
  for (const json& one : value) list.push_back(text(one, field));
  return list;
}

std::vector<task::Example> paired(const json& inputs, const json& outputs) {
  const auto in = lines(inputs, "example_inputs"), out = lines(outputs, "example_outputs");
  if (in.size() != out.size())
    wrong("example_outputs",
          base::format("there are {} example_inputs and {} example_outputs (each input needs its "
                       "output), give lists where an example has several lines",
                       in.size(), out.size()));
  json list = json::array();
  for (size_t i = 0; i < in.size(); ++i) list.push_back({{"input", in[i]}, {"target", out[i]}});
  return rows(list, "example_inputs", kMostExamples);
}

std::string names_with_commas(std::vector<std::string> names, const std::string& field) {
  std::erase_if(names, [](std::string& name) { return (name = base::strip(name)).empty(); });
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.find_first_of(",/\n") != std::string::npos)
      wrong(field, base::format("'{}' is no name of a module, give names of the library", name));
    if (!seen.insert(name).second)
      wrong(field, base::format("the module '{}' is listed twice, keep one", name));
  }
  return base::join(names, ",");
}

std::string modules(const json& value) {
  if (value.is_number()) return std::to_string(whole(value, "modules", 1, study::kMostOfMany));
  if (value.is_array()) {
    std::vector<std::string> names;
    for (const json& one : value) names.push_back(text(one, "modules"));
    const std::string list = names_with_commas(names, "modules");
    if (list.empty()) wrong("modules", "`modules` names none, give a name or `all`");
    return list;
  }
  if (text(value, "modules") != "all")
    wrong("modules", "`modules` is neither `all`, a number nor a list of names, give one of these");
  return "all";
}

std::string shots(const json& value) {
  if (value.is_number()) return std::to_string(whole(value, "shots", 1, kMostExamples));
  if (text(value, "shots") != "all")
    wrong("shots", "`shots` is neither `all` nor a number, give one of these");
  return "all";
}

// Reads one field after another, and says which are left.
class InputFields {
 public:
  explicit InputFields(json object) : object_(std::move(object)) {
    if (!object_.is_object()) wrong("input", "the input is no JSON object, give one");
  }
  // The value; nothing where it is not given, or null.
  std::optional<json> take(const std::string& name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return std::nullopt;
    const json value = *found;
    object_.erase(found);
    if (value.is_null()) return std::nullopt;
    return value;
  }
  void check_empty() const {
    if (object_.empty()) return;
    const std::string name = object_.begin().key();
    wrong(name, base::format("`{}` is no input of an adaptation (it would not be read){}", name,
                             base::did_you_mean(name, input_names(), ", leave it out")));
  }

 private:
  json object_;
};

void read_examples(InputFields& fields, AdaptInput& input) {
  const auto ours = fields.take("examples"), in = fields.take("example_inputs"),
             out = fields.take("example_outputs");
  if (ours && (in || out))
    wrong("examples", "both `examples` and `example_inputs` are given, give one of them");
  if (ours) {
    input.examples = rows(*ours, "examples", kMostExamples);
  } else if (in && out) {
    input.examples = paired(*in, *out);
  } else {
    wrong("examples",
          "there are no examples, give `examples` as a list of {\"input\": ..., "
          "\"target\": ...}");
  }
}

// The demo's words for modules and steps. It searches as the paper does.
void read_demo_words(InputFields& fields, AdaptInput& input) {
  const auto named = fields.take("lora_modules_specified"),
             drawn = fields.take("num_random_lora_modules"),
             steps = fields.take("max_inference_step");
  if (steps) {
    input.search = study::kPapersSearch;
    input.budget = static_cast<int>(whole(*steps, "max_inference_step", kLeastSteps, kMostSteps));
  }
  std::string names;
  if (named)
    names = names_with_commas(base::split(text(*named, "lora_modules_specified"), ','),
                              "lora_modules_specified");
  if (!names.empty()) {
    input.modules = names;
  } else if (drawn || named) {
    input.modules = std::to_string(
        drawn ? whole(*drawn, "num_random_lora_modules", 1, study::kMostOfMany) : kDemoModules);
  }
}

void read_search(InputFields& fields, AdaptInput& input) {
  if (const auto value = fields.take("modules")) input.modules = modules(*value);
  if (const auto value = fields.take("shots")) input.shots = shots(*value);
  if (const auto value = fields.take("seed"))
    input.seed = static_cast<uint64_t>(whole(*value, "seed", 0, INT64_MAX));
  if (const auto value = fields.take("budget"))
    input.budget = static_cast<int>(whole(*value, "budget", kLeastBudget, kMostBudget));
  if (const auto value = fields.take("search")) {
    input.search = text(*value, "search");
    if (std::ranges::count(searches(), input.search) == 0)
      wrong("search", base::format("there is no search '{}', give one of {}", input.search,
                                   base::join(searches(), ", ")));
  }
  if (input.search.empty())
    input.search = input.budget ? study::kUsualSearch : study::kGradientSearch;
  if (input.budget && input.search == study::kGradientSearch)
    wrong("search",
          "the search `gradient` has no budget (it takes as many steps as its settings say), leave "
          "the number of evaluations out, or take the search `recommended`");
}

void read_places(InputFields& fields, AdaptInput& input, const Catalog& catalog) {
  if (const auto value = fields.take("model")) input.model = text(*value, "model");
  if (const auto value = fields.take("library")) input.library = text(*value, "library");
  try {
    input.model = catalog.model_name(input.model);
  } catch (const base::Error& error) {
    wrong("model", error.what());
  }
  try {
    input.library = catalog.library_name(input.library);
  } catch (const base::Error& error) {
    wrong("library", error.what());
  }
}

std::vector<study::Setting> knobs(const AdaptInput& input) {
  std::vector<study::Setting> set;
  if (!input.modules.empty()) set.emplace_back("modules", study::modules_knob(input.modules));
  set.emplace_back(
      "shots", input.shots == "all" ? study::all_shots_knob(input.examples.size()) : input.shots);
  if (input.budget) set.emplace_back("search.budget", std::to_string(*input.budget));
  set.emplace_back("seed", std::to_string(input.seed));
  return set;
}

json rows_json(const std::vector<task::Example>& rows) {
  json list = json::array();
  for (const task::Example& one : rows)
    list.push_back({{"input", one.input}, {"target", one.target}});
  return list;
}

json modules_json(const std::string& modules) {
  if (modules == "all") return modules;
  return study::is_count(modules) ? json(std::stol(modules)) : json(base::split(modules, ','));
}

}  // namespace

AdaptInput read_adapt_input(const std::string& text, const Catalog& catalog) {
  json object;
  try {
    object = json::parse(base::shallow_json(text));
  } catch (const json::exception&) {
    wrong("input", "the input is no JSON, give an object");
  }
  InputFields fields(std::move(object));
  AdaptInput input;
  read_places(fields, input, catalog);
  read_examples(fields, input);
  if (const auto value = fields.take("test")) input.test = rows(*value, "test", kMostTestRows);
  read_demo_words(fields, input);
  read_search(fields, input);
  fields.check_empty();
  return input;
}

std::string as_json(const AdaptInput& input) {
  ordered_json object{
      {"model", input.model}, {"library", input.library}, {"examples", rows_json(input.examples)}};
  if (!input.test.empty()) object["test"] = rows_json(input.test);
  if (!input.modules.empty()) object["modules"] = modules_json(input.modules);
  object["search"] = input.search;
  object["shots"] =
      input.shots == "all" ? ordered_json(input.shots) : ordered_json(std::stol(input.shots));
  if (input.budget) object["budget"] = *input.budget;
  object["seed"] = input.seed;
  return base::json_text(object);
}

std::string json_lines(const std::vector<task::Example>& rows) {
  std::string text;
  for (const json& one : rows_json(rows)) text += base::json_text(one) + "\n";
  return text;
}

study::Trial trial_of(const AdaptInput& input, const Catalog& catalog, const JobFolder& files) {
  const std::string pool = files.examples(),
                    test = input.test.empty() ? pool : files.test().string();
  study::Trial trial = study::single_trial(
      {.model = catalog.model(input.model),
       .library = catalog.library(input.library),
       .task = {.named = {.name = "examples", .files = {.pool = pool, .test = test}}, .knobs = {}},
       .search = input.search,
       .set = knobs(input)});
  trial.model = input.model;  // where they lie is not for those who get the adapter
  trial.library = input.library;
  return trial;
}

std::string command_line(const AdaptInput& input, const Catalog& catalog) {
  std::string line = base::format("lorahub adapt --model {} --library {} --task examples.jsonl",
                                  shown_word(input.model, catalog.model(input.model)),
                                  shown_word(input.library, catalog.library(input.library)));
  if (!input.test.empty()) line += " --test test.jsonl";
  if (!input.modules.empty()) line += " --modules " + base::shell_word(input.modules);
  line += base::format(" --search {} --shots {}", input.search, input.shots);
  if (input.budget) line += base::format(" --budget {}", *input.budget);
  return line + base::format(" --seed {} --out adapter", input.seed);
}

}  // namespace lorahub::serve
