#include "run/infer.hpp"

#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "base/progress.hpp"
#include "base/streams.hpp"
#include "checkpoint/hub_cache.hpp"
#include "cli/answer_output.hpp"
#include "cli/commands.hpp"
#include "cli/input_mixture.hpp"
#include "cli/mixing_options.hpp"
#include "cli/named_options.hpp"
#include "cli/weights_file.hpp"
#include "lora/base_names.hpp"
#include "lora/peft.hpp"
#include "model/families.hpp"
#include "study/choices.hpp"
#include "task/row_reader.hpp"

namespace lorahub::cli {
namespace {

struct InferWords {
  ModelOptions model;
  std::string adapter, library, modules, weights, task, columns;
  MixingOptions mixing;
  InputMixtureOptions each;
  int max_tokens = 256, batch = 10, longest = study::kUsualMaxInput;
  bool json = false, json_lines = false, no_memory_check = false, quiet = false;
};

lora::Pool pool_of(const InferWords& options, const objective::LoadedModel& loaded) {
  return load_pool(options.library, options.modules,
                   {.model = options.model.model,
                    .architecture = loaded.model->architecture(),
                    .device = loaded.device,
                    .threads = loaded.threads});
}

// What answers rows one by one, with --method; else nothing.
AnswerBatch answer_batch(const InferWords& options, const objective::LoadedModel& loaded) {
  if (options.each.method.empty()) return {};
  return input_mixture(
      options.each, options.mixing,
      {.loaded = loaded,
       .pool = std::make_shared<const lora::Pool>(pool_of(options, loaded)),
       .library = options.library},
      {.max_tokens = options.max_tokens, .not_finite = model::AnswerLimit::NotFinite::is_an_error});
}

// The model that answers rows that name no adapter: the base, with the adapter of --adapter, a
// mixture, or nothing.
train::TrainedModel default_model(const InferWords& options, const objective::LoadedModel& loaded) {
  if (!options.adapter.empty())
    return run::adapted_model(loaded, checkpoint::resolve(options.adapter, lora::kConfigFile),
                              options.adapter);
  train::TrainedModel model{.model = loaded.model, .adapter = {}};
  if (options.weights.empty()) return model;
  const lora::Pool pool = pool_of(options, loaded);
  model.adapter = lora::compose(pool, one_vector(options.weights, pool.size()),
                                rule(options.mixing), loaded.dtype());
  return model;
}

// How much of the file has been answered; below 0 where that is not known.
double share_read(const std::string& file, const AnswerOutput& answers) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size == 0 || answers.bytes() <= answers.rows())
    return -1;  // a pipe, or no line a row
  return static_cast<double>(answers.bytes()) / static_cast<double>(size);
}

void check_options(const InferWords& options) {
  base::check(options.adapter.empty() || options.weights.empty(),
              "--adapter and --weights both given (which one should answer?), give one of them");
  base::check(options.modules.empty() || !options.library.empty(),
              "--modules names modules of a --library (none is given), give both");
  base::check(
      options.modules.empty() || !options.weights.empty() || !options.each.method.empty(),
      "--modules names what --weights or --method mix (neither is given, and the base alone "
      "would answer), give one of them");
  base::check(options.weights.empty() || !options.library.empty(),
              "--weights are of the modules of a --library (none is given), give both");
  const bool weighs_each = !options.each.method.empty();
  base::check(!weighs_each || (options.weights.empty() && options.adapter.empty()),
              "--method and {} both given (which one should answer?), give one of them",
              options.weights.empty() ? "--adapter" : "--weights");
  base::check(!weighs_each || !options.library.empty(),
              "--method weighs modules of a --library (none is given), give both");
  base::check(options.mixing.composition.empty() || !options.weights.empty() || weighs_each,
              "--composition says how --weights are mixed (none are given), give both");
  check_input_mixture(options.each, options.mixing);
  rule(options.mixing);
  base::check(!options.json || !options.json_lines,
              "--json and --json-lines both given (one object, or one a row?), give one of them");
}

// The adapters that may answer, to warn about them. Those of a mixture are left out, since
// load_pool() warns about them.
std::vector<std::string> adapters_of(const InferWords& options) {
  if (!options.adapter.empty()) return {options.adapter};
  if (options.library.empty() || !options.weights.empty() || !options.each.method.empty())
    return {};
  try {
    return lora::module_names(options.library);
  } catch (const base::Error&) {  // rows may name none
    return {};
  }
}

// Warns about answers that transformers may give otherwise, and about adapters of another base.
void warn_of(const InferWords& options) {
  const std::filesystem::path folder = checkpoint::resolve(options.model.model);
  warn(model::generation_warning(folder));
  warn(model::generation_end_warning(folder));
  const std::string library = options.adapter.empty() ? options.library : "";
  warn(lora::base_warning(lora::named_bases(library, adapters_of(options)), options.model.model));
}

AnswerForm answer_form(const InferWords& options) {
  if (options.json) return AnswerForm::one_object;
  return options.json_lines ? AnswerForm::json_lines : AnswerForm::plain;
}

int infer(const InferWords& options) {
  check_options(options);
  task::RowReader stream(options.task,
                         {.targets = task::Targets::optional,
                          .columns = task::parse_columns(options.columns, "--columns")});
  const objective::LoadedModel loaded = load_model(options.model);
  warn_of(options);
  AnswerOutput answers(answer_form(options));
  // Answers that are printed on a terminal are progress enough.
  base::Progress bar(options.quiet || (!options.json && ::isatty(STDOUT_FILENO) != 0),
                     base::FirstLine::after_a_while);
  run::infer(
      loaded, default_model(options, loaded),
      {.library = options.library,
       .max_tokens = options.max_tokens,
       .batch = options.batch,
       .max_input = options.longest,
       .memory_check = options.no_memory_check ? run::MemoryCheck::skip : run::MemoryCheck::refuse,
       .answer_batch = answer_batch(options, loaded)},
      {.next = [&](task::Row& row) { return stream.next(row); },
       .give = [&](const task::Row& row, const std::string& answer) { answers.give(row, answer); },
       .flush =
           [&] {
             base::flush_output();
             bar.show(share_read(options.task, answers),
                      base::format("{} rows answered", answers.rows()));
           },
       .warn = [](const std::string& sentence) { warn(sentence); }});
  base::check(answers.rows() > 0, "{}: no rows to answer, write one {{\"input\": \"...\"}} a line",
              options.task == "-" ? "standard input" : options.task);
  answers.end();
  return 0;
}

}  // namespace

void add_infer(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("infer", "greedy answers, and accuracy where targets are given");
  command->footer(
      "Example: lorahub infer --model mini --adapter configs/library/mini/r16/find_letter --task "
      "configs/tasks/mini/upstream/find_letter.jsonl --json");
  const auto options = std::make_shared<InferWords>();
  add_model(*command, options->model.model)->required();
  command->add_option("--adapter", options->adapter, "a PEFT folder");
  add_library(*command, options->library,
              "a folder of PEFT adapters: mixed with --weights, or named by the rows' \"adapter\"");
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  command->add_option("--weights", options->weights, "JSON: a list with one weight vector");
  add_mixing(*command, options->mixing);
  add_input_mixture(*command, options->each);
  add_task(
      *command, options->task, RowsOfTask::test,
      "rows to answer, JSON lines or a table (.csv, .tsv; a row's \"adapter\" answers it), or - "
      "for standard input")
      ->required();
  add_columns(*command, options->columns);
  command->add_option("--max-tokens", options->max_tokens, "of an answer")
      ->check(CLI::Range(1, 100000));
  command->add_option("--batch", options->batch, "rows answered together")
      ->check(CLI::Range(1, 100000));
  add_max_input(*command, options->longest);
  add_no_memory_check(*command, options->no_memory_check);
  command->add_flag("--json", options->json, "answers and accuracy as one JSON object");
  command->add_flag(
      "--json-lines", options->json_lines,
      "each row with its answer, a JSON line as soon as it is known; a row's own \"answer\" "
      "becomes \"given_answer\"");
  command->add_flag("--quiet", options->quiet, "no progress");
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return infer(*options); }; });
}

}  // namespace lorahub::cli
