// The linear layers of a network, as adapters name them.
#pragma once
#include <cstdint>
#include <string>

namespace lorahub::model {

// Name (as in Hugging Face, without ".weight") and shape of a linear layer that may be adapted. Its
// place in the list of its network is its slot.
struct LinearInfo {
  std::string name;  // "encoder.block.0.layer.0.SelfAttention.q"
  int64_t out = 0, in = 0;
  std::string part = {};  // "encoder" or "decoder", which has the head; "" where there is one
};
inline constexpr const char* kHead = "lm_head";

}  // namespace lorahub::model
