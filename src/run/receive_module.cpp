#include "run/receive_module.hpp"

#include <fcntl.h>
#include <stdio.h>  // renameat2

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/base_names.hpp"
#include "lora/base_weights.hpp"
#include "lora/peft.hpp"
#include "model/families.hpp"
#include "objective/self_test.hpp"
#include "train/training_card.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

std::string named_base(const fs::path& folder) {
  const auto config = nlohmann::json::parse(
      base::read_json_object(folder / lora::kConfigFile, "copy the adapter again"));
  const auto found = config.find("base_model_name_or_path");
  return found != config.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_called(const OfferedBase& base, const std::string& plain) {
  return plain == lora::plain_base_name(base.name) || plain == lora::plain_base_name(base.path) ||
         plain == lora::plain_base_name(checkpoint::resolve(base.path).string());
}

const OfferedBase& base_of(const ReceivedModule& received) {
  const std::string named = named_base(received.folder);
  const std::string plain = lora::plain_base_name(named);
  std::vector<std::string> names;
  for (const OfferedBase& base : received.bases) {
    if (!plain.empty() && is_called(base, plain)) return base;
    names.push_back(base.name);
  }
  base::check(!plain.empty() || names.size() == 1,
              "{} does not name its base model (this service has {}), write one as "
              "base_model_name_or_path",
              lora::kConfigFile, base::join(names, ", "));
  base::check(plain.empty(),
              "{} names the base model '{}' and this service has {} (what an adapter adds fits the "
              "weights that it was trained on), train it on one of them or correct "
              "base_model_name_or_path",
              lora::kConfigFile, named, base::join(names, ", "));
  return received.bases.front();
}

lora::ModuleCard card_of(const ReceivedModule& received, const std::string& base) {
  lora::ModuleCard card = lora::read_card(received.folder);
  base::check(card.problem.empty(), "{}", card.problem);
  for (const auto field :
       {&lora::ModuleCard::task, &lora::ModuleCard::data, &lora::ModuleCard::prompt,
        &lora::ModuleCard::provenance, &lora::ModuleCard::contamination, &lora::ModuleCard::others})
    if (!(received.card.*field).empty()) card.*field = received.card.*field;
  card.base = base;
  return card;
}

void test(const ReceivedModule& received, const objective::LoadedModel& loaded,
          const lora::Module& module, lora::ModuleCard& card) {
  const std::string failed = objective::failure(loaded, module, card);
  base::check(failed.empty(),
              "the self-test {} (the card is of another adapter, or of another "
              "base), correct the card or take the test out",
              failed);
  const auto made = objective::make_tests(loaded, module, received.tests);
  card.tests.insert(card.tests.end(), made.begin(), made.end());
}

// 0, or why the system did not do it.
int renamed(const fs::path& from, const fs::path& to, unsigned flags) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0 ? 0 : errno;
}

void put_in_place(const fs::path& folder, const fs::path& place) {
  int error = renamed(folder, place, RENAME_NOREPLACE);
  if (error == EEXIST) error = renamed(folder, place, RENAME_EXCHANGE);
  if (error == EINVAL || error == ENOSYS) {  // a file system that can't exchange
    const fs::path before = folder.string() + ".before";
    error = fs::exists(place) ? renamed(place, before, 0) : 0;
    if (error == 0) error = renamed(folder, place, 0);
    std::error_code ignored;
    fs::remove_all(before, ignored);
  }
  if (error != 0) base::cannot(base::format("{} can't be put in place", place.string()), error);
}

}  // namespace

const std::vector<std::string>& taken_files() {
  static const std::vector<std::string> names{lora::kConfigFile, lora::kWeightsFile,
                                              kPickledWeights, lora::kCardFile,
                                              train::kTrainingFile};
  return names;
}

RewrittenModule rewrite_module(
    const ReceivedModule& received, const fs::path& to,
    const std::function<objective::LoadedModel(const std::string& base)>& load) {
  const OfferedBase& base = base_of(received);
  const fs::path model = checkpoint::resolve(base.path);
  const auto architecture = model::read_architecture(model);
  const lora::Module module =
      lora::read_module(received.folder, received.name, lora::BaseWeights(*architecture, model));
  lora::ModuleCard card = card_of(received, base.name);
  if (!card.tests.empty() || !received.tests.empty()) test(received, load(base.path), module, card);
  lora::write_module(to, module, *architecture, base.name);
  lora::write_card(to, card, lora::card_body(received.folder));
  if (const fs::path training = received.folder / train::kTrainingFile; fs::exists(training))
    base::write_file(to / train::kTrainingFile,
                     base::read_json_object(training, "leave the file out") + "\n");
  return {.rank = module.rank, .layers = module.slots.size(), .tests = card.tests};
}

void list_module(const fs::path& folder, const fs::path& library, const std::string& name) {
  put_in_place(folder, library / name);
  std::error_code ignored;
  fs::remove_all(folder, ignored);  // what was exchanged for it
}

}  // namespace lorahub::run
