#include "lora/base_names.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "base/text.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {
namespace {

constexpr size_t kMostNamed = 3;  // bases of a warning

// By plain name of their bases; modules that name none are left out.
std::map<std::string, std::vector<NamedBase>> by_base(const std::vector<NamedBase>& modules) {
  std::map<std::string, std::vector<NamedBase>> bases;
  for (const NamedBase& module : modules)
    if (const std::string name = plain_base_name(module.base); !name.empty())
      bases[name].push_back(module);
  return bases;
}

std::string usual(const std::map<std::string, std::vector<NamedBase>>& bases) {
  const auto most =
      std::ranges::max_element(bases, {}, [](const auto& b) { return b.second.size(); });
  return most == bases.end() ? "" : most->first;
}

}  // namespace

std::string plain_base_name(const std::string& name_or_path) {
  std::string text = base::lower(base::strip(name_or_path));
  std::ranges::replace(text, '\\', '/');
  std::ranges::replace(text, '_', '-');
  constexpr std::string_view kCached = "models--";
  if (const size_t cached = text.find(kCached); cached != std::string::npos) {
    text = text.substr(cached, text.find('/', cached) - cached);  // models--org--name
    text = text.substr(text.rfind("--") + 2);
  }
  while (text.ends_with('/')) text.pop_back();
  text = text.substr(text.rfind('/') + 1);
  text = text.substr(0, text.find('@'));  // a revision
  for (const std::string_view copy : {"-bnb-4bit", "-bnb-8bit", "-unsloth", "-hf"})
    if (text.ends_with(copy)) text = text.substr(0, text.size() - copy.size());
  if (text.starts_with("meta-llama-")) text = text.substr(5);
  return text;
}

std::string base_warning(const std::vector<NamedBase>& modules, const std::string& model) {
  std::map<std::string, std::vector<NamedBase>> bases = by_base(modules);
  const std::string wanted = model.empty() ? usual(bases) : plain_base_name(model);
  bases.erase(wanted);
  if (bases.empty()) return "";
  std::vector<std::string> others;
  for (const auto& [unused, named] : bases) {
    if (others.size() == kMostNamed) break;
    const std::string more = named.size() > 1 ? base::format(" and {} more", named.size() - 1) : "";
    others.push_back(base::format("'{}' ({}{})", named[0].base, named[0].module, more));
  }
  if (bases.size() > kMostNamed)
    others.push_back(base::format("and {} other names", bases.size() - kMostNamed));
  return base::format(
      "modules name another base model than '{}': {}; what a module adds fits the weights that it "
      "was trained on, check that these modules are for this model",
      model.empty() ? wanted : model, base::join(others, ", "));
}

std::vector<NamedBase> named_bases(const std::filesystem::path& library,
                                   const std::vector<std::string>& modules) {
  std::vector<NamedBase> named;
  for (const std::string& module : modules) {
    try {
      const auto config = nlohmann::json::parse(
          base::read_json_object(module_folder(library, module) / kConfigFile, ""));
      const auto found = config.find("base_model_name_or_path");
      if (found != config.end() && found->is_string())
        named.push_back({.module = module, .base = found->get<std::string>()});
    } catch (const base::Error&) {  // who loads the module says what is wrong with it
    }
  }
  return named;
}

}  // namespace lorahub::lora
