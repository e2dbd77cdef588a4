#include "checkpoint/hub.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "lora/base_names.hpp"
#include "lora/index.hpp"
#include "lora/peft.hpp"
#include "objective/self_test.hpp"
#include "report/table.hpp"
#include "text/same_tokens.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kTests = 3;  // rows of a file that become self-tests

struct Options {
  ModelOptions model;
  std::string library, name, folder, tests;
  std::vector<std::string> names;
  lora::Card card;
  bool json = false;
};

lora::Index read_library(const std::string& library) {
  lora::Index index = lora::read_index(library);
  for (const std::string& sentence : index.left_out)
    fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
  return index;
}

json whole(const lora::Indexed& m) {
  json tests = json::array();
  for (const lora::SelfTest& test : m.card.tests)
    tests.push_back({{"input", test.input}, {"answer", test.answer}});
  return {{"name", m.name},
          {"base", m.base},
          {"rank", m.rank},
          {"alpha", m.alpha},
          {"targets", m.targets},
          {"bytes", m.bytes},
          {"sha256", m.sha256},
          {"task", m.card.task},
          {"data", m.card.data},
          {"prompt", m.card.prompt},
          {"provenance", m.card.provenance},
          {"contamination", m.card.contamination},
          {"self_test", tests},
          {"problem", m.problem.empty() ? m.card.problem : m.problem}};
}

void print(const json& value) { fmt::print("{}\n", base::json_text(value)); }

// Lines of a text stand below each other, and none looks like one of ours.
std::string indented(const std::string& text) {
  return base::join(base::split(base::printable(text), '\n'), "\n" + std::string(15, ' '));
}

int list(const Options& options) {
  const lora::Index index = read_library(options.library);
  if (options.json) {
    json all = json::array();
    for (const lora::Indexed& module : index.modules) all.push_back(whole(module));
    print(all);
    return 0;
  }
  std::vector<report::Cells> rows;
  for (const lora::Indexed& m : index.modules)
    rows.push_back(
        {m.name, base::shortened(m.base, 40), std::to_string(m.rank),
         base::shortened(base::join(m.targets, " "), 24), base::format("{}", m.bytes),
         m.sha256.substr(0, 12),
         m.problem.empty() ? base::shortened(m.card.task, 40) : "unreadable: hub show says why"});
  fmt::print("{}",
             report::table({"module", "base", "rank", "targets", "bytes", "sha256", "task"}, rows));
  return 0;
}

int show(const Options& options) {
  const lora::Index index = lora::read_index(options.library);
  const json module = whole(lora::find(index, options.name));
  if (options.json) {
    print(module);
    return 0;
  }
  for (const auto& [key, value] : module.items())
    if (!value.empty() && value != json(""))
      fmt::print("{:<14} {}\n", key,
                 indented(value.is_string() ? value.get<std::string>() : base::json_text(value)));
  return 0;
}

// Loads a base model when a module first asks for it; modules of a library mostly share one.
class Bases {
 public:
  explicit Bases(ModelOptions options) : options_(std::move(options)), fixed_(options_.model) {}
  const objective::LoadedModel& of(const std::string& named) {
    const std::string wanted = fixed_.empty() ? named : fixed_;
    base::check(!wanted.empty(), "it does not say what its base model is, give --model");
    if (!machine_ || wanted != options_.model) {
      machine_.reset();
      options_.model = wanted;
      machine_.emplace(load_model(options_));
    }
    return *machine_;
  }

 private:
  ModelOptions options_;
  std::string fixed_;
  std::optional<objective::LoadedModel> machine_;
};

struct Verdict {
  std::string text;
  bool good = false;
};

Verdict verdict(const fs::path& folder, const lora::Indexed& module, Bases& bases) {
  try {
    if (!module.problem.empty()) return {.text = module.problem};
    if (!module.card.problem.empty()) return {.text = module.card.problem};
    if (lora::hash_module(folder) != module.sha256)
      return {.text =
                  "its bytes are not those of the index (the disk changed them), copy it again"};
    const objective::LoadedModel& machine = bases.of(module.base);
    text::check_same_tokens(machine.tokenizer.folder(), folder);
    const lora::Module read = lora::read_module(folder, module.name, machine.model->architecture());
    if (module.card.tests.empty()) return {.text = "good, without self-test", .good = true};
    const std::string failed = objective::failure(machine, read, module.card);
    if (!failed.empty()) return {.text = failed};
    return {.text = base::format("good, {} self-test(s)", module.card.tests.size()), .good = true};
  } catch (const base::Error& error) {
    return {.text = error.what()};
  }
}

int verify(const Options& options) {
  const lora::Index index = read_library(options.library);
  for (const std::string& name : options.names) lora::find(index, name);  // all are there
  std::vector<lora::NamedBase> named;
  for (const lora::Indexed& module : index.modules)
    if (options.names.empty() || std::ranges::count(options.names, module.name))
      named.push_back({.module = module.name, .base = module.base});
  warn(lora::base_warning(named, options.model.model));
  Bases bases(options.model);
  bool good = true;
  json all = json::object();
  for (const lora::Indexed& module : index.modules) {
    if (!options.names.empty() && !std::ranges::count(options.names, module.name)) continue;
    const Verdict v = verdict(fs::path(options.library) / module.name, module, bases);
    good = good && v.good;
    all[module.name] = {{"good", v.good}, {"said", v.text}};
    if (!options.json)
      fmt::print("{:<40} {}\n", base::printable_line(module.name), base::printable(v.text));
  }
  if (options.json) print(all);
  return good ? 0 : 1;
}

// The card of the folder with what the options say, and self-tests answered by the module now.
lora::Card card(const Options& options, const lora::Module& module,
                const objective::LoadedModel& machine) {
  lora::Card card = lora::read_card(options.folder);
  base::check(card.problem.empty(), "{}", card.problem);
  for (const auto field : {&lora::Card::task, &lora::Card::data, &lora::Card::prompt,
                           &lora::Card::provenance, &lora::Card::contamination})
    if (!(options.card.*field).empty()) card.*field = options.card.*field;
  if (options.tests.empty()) return card;
  std::vector<std::string> inputs;
  for (const task::Example& row : task::read_examples(options.tests, task::Targets::optional))
    if (inputs.size() < kTests) inputs.push_back(row.input);
  card.tests = objective::make_tests(machine, module, inputs);
  return card;
}

// The Markdown behind the front matter.
std::string body(const fs::path& file) {
  if (!fs::exists(file)) return "";
  std::string text = base::read_file(file);
  const size_t end = text.starts_with("---\n") ? text.find("\n---", 3) : std::string::npos;
  if (end == std::string::npos) return text;
  const size_t line = text.find('\n', end + 1);
  return line == std::string::npos ? "" : text.substr(line + 1);
}

int add(const Options& options) {
  const fs::path from = fs::path(options.folder).lexically_normal();
  const std::string last = (from.has_filename() ? from : from.parent_path()).filename();
  const std::string name = options.name.empty() ? last : options.name;
  base::check(base::is_file_name(name),
              "--name '{}': a module's name is that of one folder, of up to 200 letters without "
              "control characters",
              base::printable_line(name));
  const fs::path to = fs::path(options.library) / name;
  base::check(!fs::exists(fs::symlink_status(to)),
              "{}: is there already, remove it first or give another --name", to.string());
  const objective::LoadedModel machine = load_model(options.model);
  const fs::path weights = lora::weights_file(from);
  for (const fs::path& file : {weights, from / lora::kConfigFile, from / lora::kCardFile})
    checkpoint::check_own_file(file);
  text::check_same_tokens(machine.tokenizer.folder(), from);
  const lora::Module module = lora::read_module(from, name, machine.model->architecture());
  lora::Card written = card(options, module, machine);
  if (written.base.empty()) written.base = options.model.model;
  base::write_file(to / weights.filename(), base::MappedFile(weights).bytes());
  lora::write_card(to, written, body(from / lora::kCardFile));
  base::write_file(to / lora::kConfigFile,
                   base::read_file(from / lora::kConfigFile));  // it is there now
  lora::read_index(options.library);
  fmt::print("{} added: rank {}, {} layers, {} self-test(s)\n", to.string(), module.rank,
             module.slots.size(), written.tests.size());
  return 0;
}

int remove(const Options& options) {
  base::check(fs::path(options.name).filename() == options.name && options.name != "." &&
                  options.name != ".." && !options.name.empty(),
              "'{}' is no module's name", base::printable_line(options.name));
  lora::find(lora::read_index(options.library), options.name);
  fs::remove_all(fs::path(options.library) / options.name);
  lora::read_index(options.library);
  fmt::print("{} removed from {}\n", options.name, options.library);
  return 0;
}

using Act = int (*)(const Options&);

CLI::App* sub(CLI::App& hub, const char* name, const char* what,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = hub.add_subcommand(name, what);
  command->add_option("DIR", options->library, "a folder of PEFT adapters")->required();
  return command;
}

void act(CLI::App* command, const std::shared_ptr<Options>& options, Action& action, Act what) {
  command->callback(
      [options, &action, what] { action = [options, what] { return what(*options); }; });
}

void add_adding(CLI::App& hub, const std::shared_ptr<Options>& options, Action& action) {
  CLI::App* command = sub(hub, "add", "copy an adapter into a library", options);
  command->add_option("FOLDER", options->folder, "a PEFT adapter")->required();
  command->add_option("--model", options->model.model, "its base, which it is checked against")
      ->required();
  command->add_option("--name", options->name, "its name in the library (default: its folder's)");
  command->add_option("--self-test", options->tests,
                      "JSON lines: the first 3 inputs become self-tests");
  command->add_option("--task", options->card.task, "what it was trained to do");
  command->add_option("--data", options->card.data, "what it was trained on");
  command->add_option("--prompt", options->card.prompt, "the form of its inputs");
  command->add_option("--provenance", options->card.provenance, "who trained it, from what");
  command->add_option("--contamination", options->card.contamination,
                      "test sets whose rows it may have seen");
  add_hardware(*command, options->model);
  act(command, options, action, add);
}

}  // namespace

void add_hub(CLI::App& app, Action& action) {
  auto* hub = app.add_subcommand("hub", "a library of modules: list, show, verify, add, remove");
  hub->require_subcommand(1);
  hub->footer("Example: lorahub hub list configs/library/mini/r16");
  const auto options = std::make_shared<Options>();
  CLI::App* command = sub(*hub, "list", "names, bases, ranks, targets, sizes, hashes", options);
  command->add_flag("--json", options->json, "as JSON");
  act(command, options, action, list);
  command = sub(*hub, "show", "all that is known of one module", options);
  command->add_option("NAME", options->name, "a module of the library")->required();
  command->add_flag("--json", options->json, "as JSON");
  act(command, options, action, show);
  command = sub(*hub, "verify", "bytes, shapes and self-tests of modules on their base", options);
  command->add_option("NAME", options->names, "modules of the library (default: all)");
  command->add_option("--model", options->model.model, "the base (default: as each module says)");
  command->add_flag("--json", options->json, "as JSON");
  add_hardware(*command, options->model);
  act(command, options, action, verify);
  add_adding(*hub, options, action);
  command = sub(*hub, "remove", "delete a module's folder", options);
  command->add_option("NAME", options->name, "a module of the library")->required();
  act(command, options, action, remove);
}

}  // namespace lorahub::cli
