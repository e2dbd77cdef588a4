// What each rank computes on, for the record, and what is amiss with it.
#pragma once
#include <string>
#include <vector>

#include "run/load.hpp"

namespace lorahub::run {

// "cuda 0000:65:00.0", with the GPU's PCI address; or "cpu", with what changes the bits of its
// results: "cpu, AVX512, its model, MKL_CBWR=AVX2".
std::string device_text(const Hardware& hardware);

// A sentence for each GPU that several ranks have. `hosts` and `devices` (device_text) by rank.
std::vector<std::string> shared_gpus(const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& devices);

// What the processors of the ranks differ in, "" where they are alike: "rank 0: cpu, AVX512; rank
// 3: cpu, AVX2".
std::string unlike_ranks(const std::vector<std::string>& devices);

// Whether each of several ranks has a GPU of its own: then they can exchange weights by NCCL.
bool own_gpus(const std::vector<std::string>& hosts, const std::vector<std::string>& devices);

}  // namespace lorahub::run
