#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/printable.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/named_options.hpp"
#include "lora/base_names.hpp"
#include "lora/index.hpp"
#include "report/table.hpp"
#include "run/library_intake.hpp"

namespace lorahub::cli {
namespace {

using nlohmann::json;

struct HubOptions {
  ModelOptions model;
  std::string library, name, folder, tests;
  std::vector<std::string> names, words;
  size_t skip = 0;
  std::optional<size_t> limit = {};
  lora::ModuleCard card;
  bool json = false;
};

void warn_of(const std::vector<std::string>& left_out) {
  for (const std::string& sentence : left_out)
    fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
}

// Opening very many modules takes a while.
class OpeningProgress {
 public:
  void operator()(size_t done, size_t all) {
    progress_.show(static_cast<double>(done) / static_cast<double>(all),
                   base::format("{} of {} new modules are opened", done, all));
  }

 private:
  base::Progress progress_{false, base::FirstLine::after_a_while};
};

lora::Index read_library(const std::string& library) {
  OpeningProgress progress;
  lora::Index index = lora::read_index(library, std::ref(progress));
  warn_of(index.left_out);
  return index;
}

lora::IndexPage read_page(const HubOptions& options) {
  lora::LibraryIndex index(options.library);
  OpeningProgress progress;
  lora::IndexChanges changes{.left_out = lora::renew_names(index, std::ref(progress))};
  lora::IndexPage page = index.page({.words = base::join(options.words, " "),
                                     .skip = options.skip,
                                     .most = options.limit.value_or(lora::kNoLimit)},
                                    changes);
  index.apply(changes);
  index.save(changes);
  warn_of(changes.left_out);
  return page;
}

json whole(const lora::Indexed& m) {
  json tests = json::array();
  for (const lora::SelfTest& test : m.card.tests) {
    tests.push_back({{"input", test.input}, {"answer", test.answer}});
    if (!test.target.empty()) tests.back()["target"] = test.target;
  }
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

// Indents the lines of a text, so that none looks like a line of this program.
std::string indented(const std::string& text) {
  return base::join(base::split(base::printable(text), '\n'), "\n" + std::string(15, ' '));
}

// One after another: very many take much less memory than as one value.
void print_all(const std::vector<lora::Indexed>& modules) {
  const char* before = "[";
  for (const lora::Indexed& module : modules)
    fmt::print("{}{}", std::exchange(before, ","), base::json_text(whole(module)));
  fmt::print("{}]\n", modules.empty() ? "[" : "");
}

void print_table(const std::vector<lora::Indexed>& modules) {
  std::vector<report::Cells> rows;
  for (const lora::Indexed& m : modules)
    rows.push_back(
        {m.name, base::shortened(m.base, 40), std::to_string(m.rank),
         base::shortened(base::join(m.targets, " "), 24), base::format("{}", m.bytes),
         m.sha256.substr(0, 12),
         m.problem.empty() ? base::shortened(m.card.task, 40) : "unreadable: hub show says why"});
  fmt::print("{}",
             report::table({"module", "base", "rank", "targets", "bytes", "sha256", "task"}, rows));
}

int list(const HubOptions& options) {
  const lora::IndexPage page = read_page(options);
  if (options.json)
    print_all(page.modules);
  else
    print_table(page.modules);
  const size_t next = options.skip + page.modules.size();
  if (next < page.total)
    fmt::print(stderr, "lorahub: {} of {} modules are shown, --skip {} shows the next ones\n",
               page.modules.size(), page.total, next);
  return 0;
}

int show(const HubOptions& options) {
  const json module = whole(lora::read_entry(options.library, options.name));
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

// The modules of these names, or all of them where no name is given.
std::vector<lora::Indexed> to_be_verified(const HubOptions& options) {
  std::vector<lora::Indexed> modules;
  for (const std::string& name : options.names)
    modules.push_back(lora::read_entry(options.library, name));
  if (options.names.empty()) modules = read_library(options.library).modules;
  base::check(!modules.empty(), "{} holds no module (so nothing is verified), check the path",
              options.library);
  return modules;
}

int verify(const HubOptions& options) {
  const std::vector<lora::Indexed> modules = to_be_verified(options);
  std::vector<lora::NamedBase> named;
  for (const lora::Indexed& module : modules)
    named.push_back({.module = module.name, .base = module.base});
  warn(lora::base_warning(named, options.model.model));
  json all = json::object();
  const auto say = [&](const lora::Indexed& module, const run::ModuleVerdict& verdict) {
    all[module.name] = {{"good", verdict.good}, {"said", verdict.text}};
    if (!options.json)
      fmt::print("{:<40} {}\n", base::printable_line(module.name), base::printable(verdict.text));
  };
  const auto load = [&](const std::string& base) {
    ModelOptions model = options.model;
    model.model = base;
    return load_model(model);
  };
  const bool good = run::verify_modules(
      {.library = options.library, .modules = modules, .base = options.model.model}, load, say);
  if (options.json) print(all);
  return good ? 0 : 1;
}

int add(const HubOptions& options) {
  const run::AddedModule added = run::add_module({.folder = options.folder,
                                                  .library = options.library,
                                                  .name = options.name,
                                                  .base = options.model.model,
                                                  .tests = options.tests,
                                                  .card = options.card},
                                                 [&] { return load_model(options.model); });
  fmt::print("{} added: rank {}, {} layers, {}\n", base::printable_line(added.folder.string()),
             added.rank, added.layers, run::describe(added.tests));
  return 0;
}

int remove(const HubOptions& options) {
  run::remove_module(options.library, options.name);
  fmt::print("{} removed from {}\n", options.name, options.library);
  return 0;
}

using Act = int (*)(const HubOptions&);

struct Verb {
  std::string name;
  const char* what;
  const char* example;
};

CLI::App* sub(CLI::App& hub, const Verb& verb, const std::shared_ptr<HubOptions>& options) {
  CLI::App* command = hub.add_subcommand(verb.name, verb.what);
  auto* library = command->add_option("DIR", options->library, "a folder of PEFT adapters");
  library->required();
  const bool reads = verb.name != "add" && verb.name != "remove";  // these change a folder
  if (reads) {
    name_library(*library, "DIR");
    library->description("a folder of PEFT adapters, or a piece of configs/library");
  }
  command->footer(std::string("Example: lorahub hub ") + verb.example);
  return command;
}

void act(CLI::App* command, const std::shared_ptr<HubOptions>& options, Action& action, Act what) {
  command->callback(
      [options, &action, what] { action = [options, what] { return what(*options); }; });
}

void add_adding(CLI::App& hub, const std::shared_ptr<HubOptions>& options, Action& action) {
  CLI::App* command =
      sub(hub,
          {"add", "copy an adapter into a library",
           "add my_library adapters/sort --model google/flan-t5-large --self-test rows.jsonl"},
          options);
  command->add_option("FOLDER", options->folder, "a PEFT adapter")->required();
  add_model(*command, options->model.model)
      ->description(
          "its base, which it is checked against: a piece of configs/model, a folder or a "
          "name")
      ->required();
  command->add_option("--name", options->name, "its name in the library (default: its folder's)");
  command->add_option(
      "--self-test", options->tests,
      "rows, JSON lines or a table (.csv, .tsv): the first 3 inputs become self-tests");
  command->add_option("--task", options->card.task, "what it was trained to do");
  command->add_option("--data", options->card.data, "what it was trained on");
  command->add_option("--prompt", options->card.prompt, "the form of its inputs");
  command->add_option("--provenance", options->card.provenance, "who trained it, from what");
  command->add_option("--contamination", options->card.contamination,
                      "test sets whose rows it may have seen");
  add_hardware(*command, options->model);
  act(command, options, action, add);
}

void add_page(CLI::App& command, HubOptions& options) {
  command.add_option("--limit", options.limit, "how many are shown (default: all)")
      ->check(CLI::Range(1, 1'000'000'000));
  command.add_option("--skip", options.skip, "how many are passed over first (default: none)")
      ->check(CLI::Range(0, 1'000'000'000));
  command.add_flag("--json", options.json, "as JSON");
}

}  // namespace

void add_hub(CLI::App& app, Action& action) {
  auto* hub =
      app.add_subcommand("hub", "a library of modules: list, search, show, verify, add, remove");
  hub->require_subcommand(1);
  hub->footer("Example: lorahub hub list configs/library/mini/r16");
  const auto options = std::make_shared<HubOptions>();
  CLI::App* command =
      sub(*hub,
          {"list", "names, bases, ranks, targets, sizes, hashes", "list configs/library/mini/r16"},
          options);
  add_page(*command, *options);
  act(command, options, action, list);
  command =
      sub(*hub,
          {"search",
           "modules whose name or task holds words. A card that was changed in place is found "
           "by its new words once the module was listed or shown",
           "search configs/library/mini/r16 letter"},
          options);
  command->add_option("WORDS", options->words, "as they stand there, whatever their letters' case")
      ->required();
  add_page(*command, *options);
  act(command, options, action, list);
  command =
      sub(*hub,
          {"show", "all that is known of one module", "show configs/library/mini/r16 find_letter"},
          options);
  command->add_option("NAME", options->name, "a module of the library")->required();
  command->add_flag("--json", options->json, "as JSON");
  act(command, options, action, show);
  command = sub(*hub,
                {"verify", "bytes, shapes and self-tests of modules on their base",
                 "verify configs/library/mini/r16 find_letter"},
                options);
  command->add_option("NAME", options->names, "modules of the library (default: all)");
  add_model(*command, options->model.model)
      ->description(
          "the base: a piece of configs/model, a folder or a name (default: as each module "
          "says)");
  command->add_flag("--json", options->json, "as JSON");
  add_hardware(*command, options->model);
  act(command, options, action, verify);
  add_adding(*hub, options, action);
  command = sub(*hub, {"remove", "delete a module's folder", "remove my_library sort"}, options);
  command->add_option("NAME", options->name, "a module of the library")->required();
  act(command, options, action, remove);
}

}  // namespace lorahub::cli
