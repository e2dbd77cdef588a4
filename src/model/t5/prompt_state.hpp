// What the encoder's last block takes of a prompt.
#pragma once
#include "model/t5/layers.hpp"

namespace lorahub::model::t5 {

// As Model::prompt_state (model.hpp). Error for an id outside the vocabulary.
at::Tensor prompt_state(const Network& network, const Adapter& adapter, const Ids& prompt);

}  // namespace lorahub::model::t5
