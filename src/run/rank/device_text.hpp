// What a rank computes on, for the record.
#pragma once
#include <string>

#include "objective/hardware.hpp"

namespace lorahub::run {

// "cuda 0000:65:00.0", with the GPU's PCI address; or "cpu", with what changes the bits of its
// results: "cpu, AVX512, its model, MKL_CBWR=AVX2".
std::string device_text(const objective::Hardware& hardware);

}  // namespace lorahub::run
