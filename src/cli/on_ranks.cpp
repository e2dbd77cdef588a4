#include "cli/on_ranks.hpp"

#include "base/signals.hpp"
#include "cli/commands.hpp"
#include "cli/words.hpp"

namespace lorahub::cli {

int on_ranks(AskedHardware asked,
             const std::function<int(workers::World&, const objective::Hardware&)>& work) {
  base::block_signals();
  choose_gpu(asked.device);
  workers::Session session;
  workers::World world(identity());
  return work(world, hardware({.device = asked.device, .threads = asked.threads},
                              {.rank = world.rank_on_node(), .ranks = world.ranks_on_node()}));
}

}  // namespace lorahub::cli
