// Kinds of models that are known by name and not computed here.
#pragma once
#include <string>

namespace lorahub::model {

// Error saying what of such a model is not computed here; nothing for another model_type. `file` is
// the config.json.
void refuse_known_others(const std::string& file, const std::string& model_type);

}  // namespace lorahub::model
