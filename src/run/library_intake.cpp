#include "run/library_intake.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/put_folder.hpp"
#include "base/writer_mark.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/base_weights.hpp"
#include "lora/indexed.hpp"
#include "lora/peft.hpp"
#include "lora/reserved_names.hpp"
#include "objective/self_test.hpp"
#include "study/pieces.hpp"
#include "task/score.hpp"
#include "text/same_tokens.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

constexpr size_t kTests = 3;

// The base model of the module that was checked last; modules of a library mostly share one.
class Bases {
 public:
  using Load = std::function<objective::LoadedModel(const std::string& base)>;
  Bases(const Load& load, const Verification& what)
      : load_(load), fixed_(what.base), library_(what.library) {}
  const objective::LoadedModel& of(const std::string& named) {
    const std::string& wanted = fixed_.empty() ? named : fixed_;
    base::check(!wanted.empty(), "it does not say what its base model is, give --model");
    base::check(!missing_.contains(wanted), "its base '{}' can't be loaded, see above", wanted);
    if (!model_ || wanted != name_) read(wanted);
    return *model_;
  }

 private:
  void read(const std::string& wanted) {
    model_.reset();  // before the next one is loaded: two large models may not fit
    try {
      model_.emplace(load_(place_of(wanted)));
    } catch (const base::Error&) {
      missing_.insert(wanted);
      throw;
    }
    name_ = wanted;
  }

  // Modules may name a piece of configs/model, above the library or the current folder.
  std::string place_of(const std::string& name) const {
    if (!fixed_.empty() || fs::exists(name)) return name;
    for (const fs::path& start : {fs::absolute(library_), fs::current_path()}) {
      const study::ConfigPath config_path(start);
      if (config_path.find("model", name))
        return study::find_model(
                   config_path,
                   {.node = YAML::Node(name), .file = "base_model", .folder = start, .knob = ""})
            .path;
    }
    return name;
  }

  const Load& load_;
  std::string fixed_, name_;
  fs::path library_;
  std::set<std::string> missing_;
  std::optional<objective::LoadedModel> model_;
};

lora::BaseWeights weights_of(const objective::LoadedModel& loaded) {
  return lora::BaseWeights(loaded.model->architecture(), loaded.tokenizer->folder());
}

ModuleVerdict verdict(const fs::path& folder, const lora::Indexed& module, Bases& bases) {
  try {
    if (!module.problem.empty()) return {.text = module.problem};
    if (!module.card.problem.empty()) return {.text = module.card.problem};
    if (lora::hash_module(folder) != module.sha256)
      return {.text =
                  "its bytes are not those of the index (the disk changed them), copy it again"};
    const objective::LoadedModel& loaded = bases.of(module.base);
    text::check_same_tokens(loaded.tokenizer->folder(), folder);
    const lora::Module read = lora::read_module(folder, module.name, weights_of(loaded));
    if (module.card.tests.empty()) return {.text = "good, without self-test", .good = true};
    const std::string failed = objective::failure(loaded, read, module.card);
    if (!failed.empty()) return {.text = failed};
    return {.text = "good, " + describe(module.card.tests), .good = true};
  } catch (const base::Error& error) {
    return {.text = error.what()};
  }
}

// A folder of the library's file system for what is being added or removed, which no reader takes
// for a module. Removes what killed processes have left beside it; leaves nothing behind itself.
class Workplace {
 public:
  explicit Workplace(const fs::path& library) : all_(library / lora::kWorkFolder) {
    std::error_code error;
    for (fs::directory_iterator entry(all_, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code kept;  // it is tried again the next time
      if (base::is_writer_gone(entry->path().filename().string()))
        fs::remove_all(entry->path(), kept);
    }
    folder_ = all_ / base::writer_mark();
  }
  ~Workplace() {
    std::error_code kept;
    fs::remove_all(folder_, kept);
    fs::remove(all_, kept);  // where nobody else is at work
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const fs::path& folder() const { return folder_; }

 private:
  fs::path all_, folder_;
};

void check_is_free(const fs::path& to) {
  if (!fs::exists(fs::symlink_status(to))) return;
  base::check(!lora::stamp_of(to).empty(),
              "{}: is there already, and is no module (it has no {}), delete it or give another "
              "--name",
              to.string(), lora::kConfigFile);
  base::fail("{}: is there already, remove it first or give another --name", to.string());
}

// Completes the card of the folder by the options, and by self-tests with the answers that the
// module gives now.
lora::ModuleCard card(const AddOptions& options, const lora::Module& module,
                      const objective::LoadedModel& loaded) {
  lora::ModuleCard card = lora::read_card(options.folder);
  base::check(card.problem.empty(), "{}", card.problem);
  for (const auto field :
       {&lora::ModuleCard::task, &lora::ModuleCard::data, &lora::ModuleCard::prompt,
        &lora::ModuleCard::provenance, &lora::ModuleCard::contamination})
    if (!(options.card.*field).empty()) card.*field = options.card.*field;
  if (options.tests.empty()) return card;
  std::vector<task::Example> rows = task::read_examples(options.tests, task::Targets::optional);
  rows.resize(std::min(rows.size(), kTests));
  std::vector<std::string> inputs;
  for (const task::Example& row : rows) inputs.push_back(row.input);
  card.tests = objective::make_tests(loaded, module, inputs);
  for (size_t i = 0; i < rows.size(); ++i) card.tests[i].target = rows[i].target;
  return card;
}

}  // namespace

std::string describe(const std::vector<lora::SelfTest>& tests) {
  const auto misses = std::ranges::count_if(tests, [](const lora::SelfTest& test) {
    return !test.target.empty() && !task::is_hit(test.answer, test.target);
  });
  std::string text = base::format("{} self-test(s)", tests.size());
  if (misses > 0)
    text += base::format(", of which {} hold(s) another answer than the target", misses);
  return text;
}

bool verify_modules(const Verification& what,
                    const std::function<objective::LoadedModel(const std::string& base)>& load,
                    const std::function<void(const lora::Indexed&, const ModuleVerdict&)>& say) {
  Bases bases(load, what);
  bool good = true;
  for (const lora::Indexed& module : what.modules) {
    const ModuleVerdict found = verdict(what.library / module.name, module, bases);
    good = good && found.good;
    say(module, found);
  }
  return good;
}

AddedModule add_module(const AddOptions& options,
                       const std::function<objective::LoadedModel()>& load) {
  const fs::path from = options.folder.lexically_normal();
  const std::string last = (from.has_filename() ? from : from.parent_path()).filename();
  const std::string name = options.name.empty() ? last : options.name;
  base::check(base::is_file_name(name),
              "--name '{}': a module's name is that of one folder, of up to 200 letters without "
              "control characters",
              base::printable_line(name));
  base::check(!lora::is_reserved_name(name),
              "--name {}: is the name of a file of the library itself, give another one", name);
  base::check(fs::is_directory(from), "{}: there is no such folder, name that of a PEFT adapter",
              from.string());
  const fs::path to = options.library / name;
  check_is_free(to);
  base::check_writable(to / lora::kConfigFile);
  const objective::LoadedModel loaded = load();
  const fs::path weights = lora::weights_file(from);
  for (const fs::path& file : {weights, from / lora::kConfigFile, from / lora::kCardFile})
    checkpoint::check_own_file(file);
  text::check_same_tokens(loaded.tokenizer->folder(), from);
  const lora::Module module = lora::read_module(from, name, weights_of(loaded));
  lora::ModuleCard written = card(options, module, loaded);
  if (written.base.empty()) written.base = options.base;
  const Workplace work(options.library);
  base::write_file(work.folder() / weights.filename(), base::MappedFile(weights).bytes());
  lora::write_card(work.folder(), written, lora::card_body(from));
  base::write_file(work.folder() / lora::kConfigFile, base::read_file(from / lora::kConfigFile));
  if (!base::put_folder_in_place(work.folder(), to)) {
    check_is_free(to);
    base::fail("{}: another command worked on this name meanwhile, give the same command again",
               to.string());
  }
  lora::renew_entry(options.library, name);
  return {.folder = to, .rank = module.rank, .layers = module.slots.size(), .tests = written.tests};
}

void remove_module(const fs::path& library, const std::string& name) {
  base::check(fs::path(name).filename() == name && name != "." && name != ".." && !name.empty(),
              "'{}' is no module's name", base::printable_line(name));
  lora::check_is_there(library, name);
  const Workplace work(library);
  fs::create_directories(work.folder());
  fs::rename(library / name, work.folder() / "removed");  // whole or not at all for others
  lora::renew_entry(library, name);
}

}  // namespace lorahub::run
