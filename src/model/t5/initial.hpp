// A T5 as its training from scratch begins.
#pragma once
#include "base/device.hpp"
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

// A T5 of these sizes in f32. The weights are normal with the deviations that transformers uses,
// but that an untied head has d_model^-0.5 as in T5X (with transformers' 1 a training starts at
// losses of hundreds of nats).
Network initial_network(const T5Config& config, uint64_t seed,
                        base::Device device = base::Device::cpu);

}  // namespace lorahub::model::t5
