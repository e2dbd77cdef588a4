// A decoder-only model as the rest of the program sees it.
#pragma once
#include <memory>

#include "model/llama/network.hpp"
#include "model/model.hpp"

namespace lorahub::model::llama {

std::shared_ptr<const Model> as_model(Network network);

}  // namespace lorahub::model::llama
