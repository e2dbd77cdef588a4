#include "run/lead/devices.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace lorahub::run {

std::string unlike_ranks(const std::vector<std::string>& devices) {
  std::map<std::string, size_t> first;  // rank
  for (size_t rank = 0; rank < devices.size(); ++rank)
    if (devices[rank].starts_with("cpu")) first.try_emplace(devices[rank], rank);
  if (first.size() < 2) return "";
  std::vector<std::string> words;
  for (const auto& [device, rank] : first)
    words.push_back(base::format("rank {}: {}", rank, device));
  return base::join(words, "; ");
}

std::vector<std::string> shared_gpus(const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& devices) {
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> ranks_of;
  for (size_t rank = 0; rank < hosts.size(); ++rank)
    if (devices[rank].starts_with("cuda "))
      ranks_of[{hosts[rank], devices[rank].substr(5)}].push_back(rank);
  std::vector<std::string> sentences;
  for (const auto& [gpu, ranks] : ranks_of)
    if (ranks.size() > 1)
      sentences.push_back(base::format(
          "ranks {} share GPU {} of {} (each holds the model, and they wait for each other), start "
          "as many ranks on a node as it has GPUs",
          fmt::join(ranks, ", "), gpu.second, gpu.first));
  return sentences;
}

bool own_gpus(const std::vector<std::string>& hosts, const std::vector<std::string>& devices) {
  const auto on_gpu = [](const std::string& device) { return device.starts_with("cuda "); };
  return devices.size() > 1 && std::ranges::all_of(devices, on_gpu) &&
         shared_gpus(hosts, devices).empty();
}

}  // namespace lorahub::run
