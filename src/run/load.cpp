#include "run/load.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/cores.hpp"
#include "lora/truncate.hpp"
#include "t5/hub.hpp"

namespace lorahub::run {

int default_threads(int ranks_on_node) {
  return std::clamp(base::online_cores() / ranks_on_node, 1, base::usable_cores());
}

objective::Machine load_machine(const std::string& model, study::Precision precision,
                                const Hardware& hardware) {
  const std::filesystem::path folder = t5::resolve(model);
  return {.network = t5::load(
              folder, {.dtype = precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat,
                       .device = hardware.device}),
          .tokenizer = task::Tokenizer(folder),
          .device = hardware.device,
          .threads = hardware.threads};
}

std::vector<lora::Module> load_modules(const LibraryChoice& choice, const t5::Config& base,
                                       Modules& kept) {
  std::vector<lora::Module> modules;
  Modules now;
  for (const std::string& name : choice.names) {
    if (!kept.contains(name)) {
      lora::Module module =
          lora::read_module(lora::module_folder(choice.library, name), name, base);
      if (choice.rank > 0 && choice.rank != module.rank)
        module = lora::truncate(module, choice.rank);
      kept.emplace(name, std::move(module));
    }
    modules.push_back(kept.at(name));
    now.emplace(name, kept.at(name));
  }
  kept = std::move(now);
  return modules;
}

}  // namespace lorahub::run
