#include "lora/load_modules.hpp"

#include "lora/peft.hpp"
#include "lora/truncate.hpp"
#include "t5/hub.hpp"
#include "t5/threads.hpp"
#include "task/same_tokens.hpp"

namespace lorahub::lora {

std::vector<Module> load_modules(const LibraryChoice& choice, const t5::Config& base,
                                 Modules& kept) {
  std::vector<Module> modules(choice.names.size());
  const std::filesystem::path model = t5::resolve(choice.model);
  t5::share(choice.threads, static_cast<int>(modules.size()), [&](int i) {
    const std::string& name = choice.names[static_cast<size_t>(i)];
    Module& module = modules[static_cast<size_t>(i)];
    const auto found = kept.find(name);
    if (found != kept.end()) {
      module = found->second;
      return;
    }
    const std::filesystem::path folder = module_folder(choice.library, name);
    task::check_same_tokens(model, folder);
    module = read_module(folder, name, base);
    if (choice.rank > 0 && choice.rank != module.rank) module = truncate(module, choice.rank);
  });
  kept.clear();
  for (const Module& module : modules) kept.emplace(module.name, module);
  return modules;
}

}  // namespace lorahub::lora
