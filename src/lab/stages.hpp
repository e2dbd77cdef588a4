// The lab's stages, each made of parts that are done once and in any order.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lab/recipe.hpp"
#include "train/train_one.hpp"

namespace lorahub::lab {

// In the order in which they need each other.
enum class Stage { rows, vocabulary, lookups, base, modules, check, hashes };
const std::vector<std::string>& stages();  // their names

struct Lab {
  Recipe recipe;
  std::filesystem::path folder;  // model/mini, library/mini, tasks/mini: as in configs/
  std::map<std::string, std::string> environment;  // of the machine, for hashes.json
};

// Parts of a stage, by name: modules "r16/find_letter"; of other stages there is one.
std::vector<std::string> parts(const Lab& lab, Stage stage);

// Does a part, or finds it done; a training goes on from its checkpoint. Returns in a few words
// what was done. Error when an earlier stage is missing.
std::string do_part(const Lab& lab, Stage stage, const std::string& part,
                    const train::TrainingResources& resources);

}  // namespace lorahub::lab
