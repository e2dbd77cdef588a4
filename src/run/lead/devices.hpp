// What is amiss with what the ranks compute on.
#pragma once
#include <string>
#include <vector>

namespace lorahub::run {

// A sentence for each GPU that several ranks have. `hosts` and `devices` (device_text) by rank.
std::vector<std::string> shared_gpus(const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& devices);

// What the processors of the ranks differ in, "" where they are alike: "rank 0: cpu, AVX512; rank
// 3: cpu, AVX2".
std::string unlike_ranks(const std::vector<std::string>& devices);

// Whether each of several ranks has a GPU of its own: then they can exchange weights by NCCL.
bool own_gpus(const std::vector<std::string>& hosts, const std::vector<std::string>& devices);

}  // namespace lorahub::run
