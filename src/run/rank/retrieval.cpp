#include "run/rank/retrieval.hpp"

#include "base/text.hpp"
#include "lora/module_card.hpp"
#include "lora/retrieve.hpp"
#include "study/trial.hpp"

namespace lorahub::run {
namespace {

// The text of each module's card and its name, whose words are often all that is known of it.
std::vector<std::string> texts(const Retrieval& retrieval) {
  std::vector<std::string> all;
  for (const lora::Module& module : retrieval.modules) {
    const lora::ModuleCard card =
        lora::read_card(lora::module_folder(retrieval.trial.library_path, module.name));
    all.push_back(base::join({module.name, card.task, card.data, card.prompt}, " "));
  }
  return all;
}

std::string query(const task::Task& task) {
  std::string text = task.name;
  for (const task::Example& shot : task.shots) text += " " + shot.input;
  return text;
}

// The places of the k modules that are kept, of more.
std::vector<size_t> kept_places(const Retrieval& retrieval, size_t k) {
  if (retrieval.trial.retrieve.by == study::RetrieveBy::similarity)
    return lora::most_different(retrieval.modules, k);
  if (retrieval.trial.retrieve.by == study::RetrieveBy::norm)
    return lora::largest(retrieval.modules, k);
  return lora::nearest_texts(texts(retrieval), query(retrieval.task), k);
}

}  // namespace

std::vector<lora::Module> retrieved(const Retrieval& retrieval) {
  const study::Retrieve& wish = retrieval.trial.retrieve;
  const auto k = static_cast<size_t>(wish.count);
  if (wish.by == study::RetrieveBy::none || k >= retrieval.modules.size()) return retrieval.modules;
  std::vector<lora::Module> kept;
  for (const size_t place : kept_places(retrieval, k)) kept.push_back(retrieval.modules[place]);
  return kept;
}

}  // namespace lorahub::run
