#include "plan/memory_check.hpp"

#include <charconv>
#include <map>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/free_memory.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/cuda/gpu_memory.hpp"

namespace lorahub::plan {
namespace {

constexpr double kCertain = 0.7;  // the share of the estimate that is surely needed

// Memory that some ranks share, or that one rank has for itself.
struct MemoryPool {
  std::string host, name;
  double free = 0;
  int ranks = 0;
};

std::vector<base::MemoryLimit> limits(const objective::Hardware& hardware) {
  if (hardware.device == base::Device::cpu) return base::memory_limits();
  return {{.name = "the GPU's free memory",
           .place = "gpu " + tensor::gpu_address(),
           .free = tensor::gpu_memory().free}};
}

std::vector<MemoryPool> places(const Ranks& ranks) {
  std::map<std::string, MemoryPool> all;
  for (size_t rank = 0; rank < ranks.rooms.size(); ++rank) {
    const auto words = base::decode<std::vector<std::string>>(ranks.rooms[rank]);
    for (size_t i = 0; i + 2 < words.size(); i += 3) {
      const std::string own = words[i + 1].empty() ? base::format(" rank {}", rank) : words[i + 1];
      MemoryPool& place = all[ranks.hosts[rank] + "\n" + own + "\n" + words[i]];
      const double free = std::stod(words[i + 2]);
      place = {.host = ranks.hosts[rank],
               .name = words[i],
               .free = place.ranks == 0 ? free : std::min(place.free, free),
               .ranks = place.ranks + 1};
    }
  }
  std::vector<MemoryPool> list;
  for (const auto& [key, place] : all) list.push_back(place);
  return list;
}

std::string shortage(const Need& need, const MemoryPool& place, double bytes) {
  const std::string ranks = place.ranks == 1 ? "one rank" : base::format("{} ranks", place.ranks);
  return base::format("{} takes about {:.1f} GB on {} ({} of {:.1f} GB each), and {} is {:.1f} GB",
                      need.what, 1e-9 * bytes, place.host, ranks, 1e-9 * (need.shared + need.own),
                      place.name, 1e-9 * place.free);
}

}  // namespace

std::string room(const objective::Hardware& hardware) {
  std::vector<std::string> words;
  for (const base::MemoryLimit& limit : limits(hardware)) {
    words.push_back(limit.name);
    words.push_back(limit.place);
    words.push_back(base::format("{:.0f}", limit.free));
  }
  return base::encode(words);
}

std::string check_room(const Need& need, const Ranks& ranks) {
  std::string warning;
  for (const MemoryPool& place : places(ranks)) {
    const double times = need.device == base::Device::cuda ? place.ranks : 1;
    const double bytes = times * need.shared + place.ranks * need.own;
    if (bytes <= place.free) continue;
    base::check(kCertain * bytes <= place.free, "{} (the system would end it), {}",
                shortage(need, place, bytes), need.remedies);
    warning = shortage(need, place, bytes) + ": it may not suffice";
  }
  return warning;
}

void check_own_room(const Need& need) {
  const std::string warning =
      check_room(need, {.hosts = {"this machine"}, .rooms = {room({.device = need.device})}});
  if (!warning.empty()) fmt::print(stderr, "lorahub: {}\n", warning);
}

}  // namespace lorahub::plan
