// The recipe of the mini lab that is shipped.
#pragma once
#include <filesystem>

#include "lab/recipe.hpp"

namespace lorahub::lab {

inline const std::filesystem::path kRecipe = SOURCE_DIR "/experiments/lab/recipe.yaml";
inline Recipe shipped() { return read_recipe(kRecipe, {}); }

}  // namespace lorahub::lab
