#include "run/load.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/check.hpp"
#include "lora/truncate.hpp"
#include "t5/hub.hpp"

namespace lorahub::run {

int default_threads(int ranks_on_node) {
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  return std::max(1, static_cast<int>(cores) / ranks_on_node);
}

at::ScalarType dtype(study::Precision precision) {
  return precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

objective::Machine load_machine(const std::string& model, study::Precision precision, Hardware hardware) {
  const std::filesystem::path folder = t5::resolve(model);
  return {.network = t5::load(folder, {.dtype = dtype(precision), .device = hardware.device}),
          .tokenizer = task::Tokenizer(folder),
          .precision = precision,
          .device = hardware.device,
          .threads = hardware.threads};
}

std::vector<lora::Module> load_modules(const LibraryChoice& choice, const t5::Config& base, Modules& kept) {
  std::vector<lora::Module> modules;
  for (const std::string& name : choice.names) {
    auto found = kept.find(name);
    if (found == kept.end()) {
      lora::Module module = lora::read_module(lora::module_folder(choice.library, name), name, base);
      if (choice.rank > 0 && choice.rank != module.rank) module = lora::truncate(module, choice.rank);
      found = kept.emplace(name, std::move(module)).first;
    }
    modules.push_back(found->second);
  }
  return modules;
}

}  // namespace lorahub::run
