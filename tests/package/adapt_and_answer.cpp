// Mixes a library's modules for five examples of a task and answers its other rows.
//   adapt_and_answer MODEL LIBRARY TASK.jsonl
#include <cstdio>

#include "model/families.hpp"
#include "objective/objective.hpp"
#include "search/minimize.hpp"
#include "study/trial.hpp"

using namespace lorahub;

int main(int argc, char** argv) try {
  if (argc != 4)
    return std::fprintf(stderr, "usage: adapt_and_answer MODEL LIBRARY TASK.jsonl\n"), 2;
  const objective::LoadedModel loaded{.model = model::load(argv[1], {}),
                                      .tokenizer = text::load_tokenizer(argv[1])};
  const model::Architecture& architecture = loaded.model->architecture();
  std::vector<lora::Module> modules;
  for (const std::string& name : lora::module_names(argv[2]))
    modules.push_back(lora::read_module(lora::module_folder(argv[2], name), name, architecture));
  const lora::Pool pool = lora::stack(modules, architecture, loaded.device);
  const task::Task task =
      task::load({.task_files = {.pool = argv[3], .test = argv[3]}});  // 5 shots
  const std::vector<model::Tokens> pairs = objective::tokenize(*loaded.tokenizer, task.shots);
  const auto measure = objective::make_measure(loaded, {.pool = pool}, pairs);
  std::vector<int> tokens;
  for (const model::Tokens& pair : pairs) tokens.push_back(static_cast<int>(pair.target.size()));
  const search::Evaluate loss = [&](const search::Population& w) {
    return objective::reduce(search::measure_all(measure, w, 5, {}), tokens, w, {.penalty = {}});
  };
  const auto optimizer = search::make_optimizer({}, pool.size(), 1);
  const search::Trace found = search::minimize(*optimizer, loss, 120);
  const auto adapter = lora::compose(pool, found.best, study::Composition::factor, loaded.dtype());
  std::vector<std::string> questions;
  for (const task::Example& row : task.test) questions.push_back(row.input);
  for (const std::string& answer : objective::answer(loaded, adapter, questions, {}))
    std::puts(answer.c_str());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 2;
}
