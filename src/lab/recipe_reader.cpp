#include "lab/recipe_reader.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"

namespace lorahub::lab {

study::Value read_recipe_document(const std::filesystem::path& file) {
  return study::read_document(
      file,
      {.name = "recipe of a lab", .line = "seed: 1", .examples = "experiments/lab/recipe.yaml"});
}

std::map<std::string, study::Value> read_parts(const std::filesystem::path& file,
                                               const RecipeKeys& keys) {
  const study::Value root = read_recipe_document(file);
  std::vector<std::string> known = keys.needed;
  known.insert(known.end(), keys.optional.begin(), keys.optional.end());
  std::map<std::string, study::Value> parts;
  for (const study::Entry& entry : study::entries(root)) {
    if (std::ranges::find(known, entry.key) == known.end())
      study::fail_at(entry.value, "unknown key '{}' (a recipe has: {}){}", entry.key,
                     base::join(known, ", "), base::did_you_mean(entry.key, known));
    parts.emplace(entry.key, entry.value);
  }
  for (const std::string& key : keys.needed)
    if (!parts.contains(key))
      study::fail_at(root, "the recipe does not say '{}', add a line `{}: ...`", key, key);
  return parts;
}

std::string recipe_text(const std::filesystem::path& file, std::optional<uint64_t> seed) {
  std::string text = base::read_file(file);
  if (seed) text += base::format("# Made with --seed {}.\n", *seed);
  return text;
}

}  // namespace lorahub::lab
