#include "lora/load_modules.hpp"

#include "base/check.hpp"
#include "base/node_memory.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/base_weights.hpp"
#include "lora/peft.hpp"
#include "lora/truncate.hpp"
#include "tensor/threads.hpp"
#include "text/same_tokens.hpp"

namespace lorahub::lora {

namespace {

// Whether the file that a module was read from is the one that lies there now.
bool is_unchanged(const Module& module, const std::filesystem::path& folder) {
  const std::string now = base::file_identity(weights_file(folder));
  return module.origin == now || module.origin.starts_with(now + " ");
}

}  // namespace

std::vector<Module> load_modules(const LibraryChoice& choice, const model::Architecture& base,
                                 Modules& kept) {
  std::vector<Module> modules(choice.names.size());
  const std::filesystem::path model = checkpoint::resolve(choice.model);
  const BaseWeights weights(base, model);
  tensor::share(choice.threads, static_cast<int>(modules.size()), [&](int i) {
    const std::string& name = choice.names[static_cast<size_t>(i)];
    Module& module = modules[static_cast<size_t>(i)];
    const std::filesystem::path folder = module_folder(choice.library, name);
    if (const auto found = kept.find(name);
        found != kept.end() && is_unchanged(found->second, folder)) {
      module = found->second;
      return;
    }
    text::check_same_tokens(model, folder);
    module = read_module(folder, name, weights);
    if (choice.rank > 0 && choice.rank != module.rank) module = truncate(module, choice.rank);
  });
  kept.clear();
  for (const Module& module : modules) kept.emplace(module.name, module);
  return modules;
}

std::vector<Module> load_fitting(const LibraryChoice& choice, const model::Architecture& base,
                                 std::vector<std::string>& left_out) {
  const auto load = [&](const std::vector<std::string>& names) {
    LibraryChoice some = choice;
    some.names = names;
    Modules kept;
    return load_modules(some, base, kept);
  };
  try {
    return load(choice.names);  // which several threads share
  } catch (const base::Error&) {
  }
  std::vector<Module> modules;
  for (const std::string& name : choice.names) try {
      modules.push_back(std::move(load({name}).front()));
    } catch (const base::Error& error) {
      left_out.emplace_back(error.what());
    }
  return modules;
}

}  // namespace lorahub::lora
