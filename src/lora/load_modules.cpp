#include "lora/load_modules.hpp"

#include "checkpoint/hub.hpp"
#include "lora/base_weights.hpp"
#include "lora/peft.hpp"
#include "lora/truncate.hpp"
#include "tensor/threads.hpp"
#include "text/same_tokens.hpp"

namespace lorahub::lora {

std::vector<Module> load_modules(const LibraryChoice& choice, const model::Architecture& base,
                                 Modules& kept) {
  std::vector<Module> modules(choice.names.size());
  const std::filesystem::path model = checkpoint::resolve(choice.model);
  const BaseWeights weights(base, model);
  tensor::share(choice.threads, static_cast<int>(modules.size()), [&](int i) {
    const std::string& name = choice.names[static_cast<size_t>(i)];
    Module& module = modules[static_cast<size_t>(i)];
    const auto found = kept.find(name);
    if (found != kept.end()) {
      module = found->second;
      return;
    }
    const std::filesystem::path folder = module_folder(choice.library, name);
    text::check_same_tokens(model, folder);
    module = read_module(folder, name, weights);
    if (choice.rank > 0 && choice.rank != module.rank) module = truncate(module, choice.rank);
  });
  kept.clear();
  for (const Module& module : modules) kept.emplace(module.name, module);
  return modules;
}

}  // namespace lorahub::lora
