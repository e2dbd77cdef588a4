// What the recipes of both kinds of lab share.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "study/document.hpp"

namespace lorahub::lab {

// What `work` gives; its errors get the place of `value`.
template <class Work>
auto at(const study::Value& value, const Work& work) {
  try {
    return work();
  } catch (const base::Error& error) {
    study::fail_at(value, "{}", error.what());
  }
}

// A recipe as one mapping.
study::Value read_recipe_document(const std::filesystem::path& file);

// The keys of the file. Error for a missing one of `needed`, and for one that neither list has.
struct RecipeKeys {
  std::vector<std::string> needed, optional;
};
std::map<std::string, study::Value> read_parts(const std::filesystem::path& file,
                                               const RecipeKeys& keys);

// Numbers of 1 or more, each of which must be there.
template <class Counts, class Number>
void read_counts(const study::Value& value, Counts& counts,
                 const std::map<std::string, Number Counts::*>& fields) {
  for (const study::Entry& entry : study::entries(value)) {
    const auto field = fields.find(entry.key);
    if (field == fields.end())
      study::fail_at(entry.value, "no number is called '{}' here, remove it", entry.key);
    counts.*field->second = study::integer(entry.value, {.least = 1});
  }
  for (const auto& [name, field] : fields)
    if (counts.*field == 0) study::fail_at(value, "the number '{}' is missing, add it", name);
}

// The text of the file and, where another seed than the recipe's was given, a line that says so.
std::string recipe_text(const std::filesystem::path& file, std::optional<uint64_t> seed);

}  // namespace lorahub::lab
