// Compares the devices that the ranks compute on, to find shared GPUs and unlike processors.
#pragma once
#include <string>
#include <vector>

namespace lorahub::run {

// A sentence for each GPU that several ranks share. `hosts` and `devices` (texts of device_text)
// are by rank.
std::vector<std::string> shared_gpus(const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& devices);

// In what the processors of the ranks differ; "" where they are alike: "rank 0: cpu, AVX512; rank
// 3: cpu, AVX2".
std::string unlike_ranks(const std::vector<std::string>& devices);

// Whether each of several ranks has a GPU of its own: then they can exchange weights by NCCL.
bool own_gpus(const std::vector<std::string>& hosts, const std::vector<std::string>& devices);

}  // namespace lorahub::run
