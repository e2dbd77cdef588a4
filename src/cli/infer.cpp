#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/printable.hpp"
#include "base/streams.hpp"
#include "checkpoint/hub.hpp"
#include "cli/commands.hpp"
#include "lora/base_names.hpp"
#include "lora/peft.hpp"
#include "model/load.hpp"
#include "objective/alone.hpp"
#include "plan/memory.hpp"
#include "plan/memory_check.hpp"
#include "study/names.hpp"
#include "task/score.hpp"
#include "task/stream.hpp"
#include "text/same_tokens.hpp"
#include "train/folders.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string adapter, library, modules, weights, composition = "factor", task, columns;
  int max_tokens = 256, batch = 10, longest = study::kUsualMaxInput;
  bool json = false, json_lines = false, no_memory_check = false;
};

// The machine's network with the adapter in a PEFT folder: low-rank terms beside its weights, or
// factors of (IA)^3 in them.
train::TrainedModel adapted(const objective::LoadedModel& machine,
                            const std::filesystem::path& folder, const std::string& name) {
  text::check_same_tokens(machine.tokenizer.folder(), folder);
  if (train::is_ia3(folder)) {
    train::Trainable ia3 = train::ia3(machine.model);
    train::read_ia3(folder, ia3);
    return train::trained_model(ia3);
  }
  return {.model = machine.model,
          .adapter = objective::alone(
              machine, lora::read_module(folder, name, machine.model->architecture()))};
}

// What answers rows that name no adapter: the base with --adapter, a mixture, or nothing.
train::TrainedModel default_model(const Options& options, const objective::LoadedModel& machine) {
  if (!options.adapter.empty())
    return adapted(machine, checkpoint::resolve(options.adapter, lora::kConfigFile),
                   options.adapter);
  train::TrainedModel model{.model = machine.model, .adapter = {}};
  if (options.weights.empty()) return model;
  const lora::Pool pool = load_pool(options.library, options.modules,
                                    {.model = options.model.model,
                                     .architecture = machine.model->architecture(),
                                     .device = machine.device,
                                     .threads = machine.threads});
  model.adapter = lora::compose(
      pool, one_vector(options.weights, pool.size()),
      study::parse<study::Composition>(options.composition, "--composition"), machine.dtype());
  return model;
}

// The adapters that rows name: those used last stay loaded.
class Adapters {
 public:
  Adapters(const Options& options, const objective::LoadedModel& machine)
      : library_(options.library), machine_(machine), default_(default_model(options, machine)) {}

  const train::TrainedModel& get(const task::Row& row) {
    if (row.adapter.empty()) return default_;
    const auto found = std::ranges::find(loaded_, row.adapter, &Named::name);
    if (found != loaded_.end()) {
      loaded_.splice(loaded_.begin(), loaded_, found);
    } else {
      try {
        loaded_.push_front({row.adapter, read(row.adapter)});
      } catch (const base::Error& error) {
        base::fail("{}: {}", row.place, error.what());
      }
      if (loaded_.size() > kLoaded) loaded_.pop_back();
    }
    return loaded_.front().model;
  }

 private:
  struct Named {
    std::string name;
    train::TrainedModel model;
  };
  static constexpr size_t kLoaded = 32;

  train::TrainedModel read(const std::string& name) const {
    const auto folder = library_.empty() ? checkpoint::resolve(name, lora::kConfigFile)
                                         : lora::module_folder(library_, name);
    return adapted(machine_, folder, name);
  }

  std::string library_;
  const objective::LoadedModel& machine_;
  train::TrainedModel default_;
  std::list<Named> loaded_;
};

void check_length(const Options& options, const objective::LoadedModel& machine,
                  const task::Row& row) {
  task::check_length(task::count_tokens(&machine.tokenizer, row.example.input), row.place,
                     {.tokens = options.longest, .remedy = "raise --max-input"});
}

// Error where a batch of these rows can't fit into the memory.
void check_memory(const Options& options, const objective::LoadedModel& machine,
                  const std::vector<task::Row>& rows) {
  if (options.no_memory_check) return;
  study::Trial trial{.method = study::Method::zero_shot};
  trial.batch = options.batch;
  trial.max_tokens = options.max_tokens;
  plan::Lengths lengths;
  for (const task::Row& row : rows)
    lengths.prompts.push_back(
        {.source = task::count_tokens(&machine.tokenizer, row.example.input)});
  const plan::Memory memory = plan::memory({.trial = trial,
                                            .architecture = machine.model->architecture(),
                                            .lengths = lengths,
                                            .tile = {},
                                            .device = machine.device});
  const auto batches =
      (rows.size() + static_cast<size_t>(options.batch) - 1) / static_cast<size_t>(options.batch);
  plan::check_own_room(
      {.what = base::format("a batch of {} rows up to {}", options.batch, rows.back().place),
       .own = memory.computed *
              static_cast<double>(std::min<size_t>(batches, static_cast<size_t>(machine.threads))),
       .device = machine.device,
       .remedies = "use a smaller --batch, fewer --threads, shorter inputs (--max-input bounds "
                   "them), or --no-memory-check"});
}

// Answers of the rows in their order; rows of one adapter are computed together, in the worker's
// network.
std::vector<std::string> answers(const Options& options, objective::LoadedModel& worker,
                                 const std::vector<task::Row>& rows, Adapters& adapters) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < rows.size(); ++i) groups[rows[i].adapter].push_back(i);
  std::vector<std::string> all(rows.size());
  for (const auto& [unused, which] : groups) {
    std::vector<std::string> prompts;
    for (const size_t i : which) prompts.push_back(rows[i].example.input);
    const train::TrainedModel& model = adapters.get(rows[which.front()]);
    worker.model = model.model;
    const auto some = objective::answer(worker, model.adapter, prompts,
                                        {.max_tokens = options.max_tokens, .batch = options.batch});
    for (size_t i = 0; i < which.size(); ++i) all[which[i]] = some[i];
  }
  return all;
}

// What all rows together came to.
struct Tally {
  size_t rows = 0, hits = 0;
  bool scored = true;
  nlohmann::json answers = nlohmann::json::array();  // with --json
  double accuracy() const { return 100 * static_cast<double>(hits) / static_cast<double>(rows); }
};

std::string text(const nlohmann::json& json) { return base::json_text(json); }

void give(const Options& options, const task::Row& row, const std::string& answer, Tally& tally) {
  const std::string& target = row.example.target;
  const bool hit = !target.empty() && task::is_hit(answer, target);
  ++tally.rows;
  tally.hits += hit ? 1 : 0;
  tally.scored = tally.scored && !target.empty();
  if (options.json) {
    tally.answers.push_back(answer);
  } else if (options.json_lines) {
    nlohmann::json out = row.line.empty()
                             ? nlohmann::json{{"input", row.example.input}, {"target", target}}
                             : nlohmann::json::parse(row.line);
    if (out.contains("answer")) out["given_answer"] = out["answer"];
    out["answer"] = answer;
    if (!target.empty()) out["hit"] = hit;
    fmt::print("{}\n", text(out));
  } else {
    fmt::print("{}\n", ::isatty(STDOUT_FILENO) != 0 ? base::printable(answer) : answer);
  }
}

void check_options(const Options& options) {
  base::check(options.adapter.empty() || options.weights.empty(),
              "--adapter and --weights both given (which one should answer?), give one of them");
  base::check(options.modules.empty() || !options.library.empty(),
              "--modules names modules of a --library (none is given), give both");
  base::check(options.weights.empty() || !options.library.empty(),
              "--weights are of the modules of a --library (none is given), give both");
  base::check(!options.json || !options.json_lines,
              "--json and --json-lines both given (one object, or one a row?), give one of them");
}

// The adapters that may answer: those of a library that is mixed are load_pool's to warn of.
std::vector<std::string> adapters_of(const Options& options) {
  if (!options.adapter.empty()) return {options.adapter};
  if (options.library.empty() || !options.weights.empty()) return {};
  try {
    return lora::module_names(options.library);
  } catch (const base::Error&) {  // rows may name none
    return {};
  }
}

// Of answers that transformers may give otherwise, and adapters of another base.
void warn_of(const Options& options) {
  warn(model::generation_warning(checkpoint::resolve(options.model.model)));
  const std::string library = options.adapter.empty() ? options.library : "";
  warn(lora::base_warning(lora::named_bases(library, adapters_of(options)), options.model.model));
}

int infer(const Options& options) {
  check_options(options);
  task::RowStream stream(options.task,
                         {.targets = task::Targets::optional,
                          .columns = task::parse_columns(options.columns, "--columns")});
  const objective::LoadedModel machine = load_model(options.model);
  warn_of(options);
  Adapters adapters(options, machine);
  objective::LoadedModel worker = machine;
  const size_t at_once =
      8 * static_cast<size_t>(options.batch) * static_cast<size_t>(machine.threads);
  Tally tally;
  for (bool more = true; more;) {  // a chunk is read, answered and given out before the next
    std::vector<task::Row> rows;
    for (task::Row row; rows.size() < at_once && (more = stream.next(row));) {
      check_length(options, machine, row);
      rows.push_back(std::move(row));
    }
    if (!rows.empty()) check_memory(options, machine, rows);
    const std::vector<std::string> given = answers(options, worker, rows, adapters);
    for (size_t i = 0; i < rows.size(); ++i) give(options, rows[i], given[i], tally);
    base::flush_output();
  }
  base::check(tally.rows > 0, "{}: no rows to answer, write one {{\"input\": \"...\"}} a line",
              options.task == "-" ? "standard input" : options.task);
  if (options.json) {
    nlohmann::json out{{"answers", tally.answers}, {"accuracy", nullptr}};
    if (tally.scored) out["accuracy"] = tally.accuracy();
    fmt::print("{}\n", text(out));
  } else if (tally.scored) {
    fmt::print(stderr, "accuracy {:.2f} % of {} rows\n", tally.accuracy(), tally.rows);
  }
  return 0;
}

}  // namespace

void add_infer(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("infer", "greedy answers, and accuracy where targets are given");
  command->footer(
      "Example: lorahub infer --model configs/model/mini --adapter "
      "configs/library/mini/r16/find_letter --task "
      "configs/tasks/mini/upstream/find_letter.jsonl --json");
  const auto options = std::make_shared<Options>();
  command->add_option("--model", options->model.model, "a Hugging Face folder or name")->required();
  command->add_option("--adapter", options->adapter, "a PEFT folder");
  command->add_option(
      "--library", options->library,
      "a folder of PEFT adapters: mixed with --weights, or named by the rows' \"adapter\"");
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  command->add_option("--weights", options->weights, "JSON: a list with one weight vector");
  command->add_option("--composition", options->composition, "factor or product")
      ->check(CLI::IsMember({"factor", "product"}));
  command
      ->add_option(
          "--task", options->task,
          "rows to answer, JSON lines (a row's \"adapter\" answers it), or - for standard input")
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
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return infer(*options); }; });
}

}  // namespace lorahub::cli
