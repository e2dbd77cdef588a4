// A T5 as the rest of the program sees it.
#pragma once
#include <memory>

#include "model/model.hpp"
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

std::shared_ptr<const Model> as_model(Network network);

}  // namespace lorahub::model::t5
