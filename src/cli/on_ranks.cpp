#include "cli/on_ranks.hpp"

#include <exception>

#include "base/progress.hpp"
#include "base/signals.hpp"
#include "cli/commands.hpp"
#include "cli/words.hpp"

namespace lorahub::cli {

int in_session(const RankSession& session, const std::function<int(workers::World&)>& work) {
  base::block_signals();
  choose_gpu(session.device);
  const workers::Session mpi;
  const auto tell = [&session](const std::exception_ptr& error) {
    return report_error(error, session.errors);
  };
  try {
    workers::World world(identity(), [&tell](const std::exception_ptr& error) {
      base::erase_bar();  // which nobody else will end
      tell(error);
    });
    return work(world);
  } catch (...) {
    return tell(std::current_exception());
  }
}

int on_ranks(AskedHardware asked,
             const std::function<int(workers::World&, const objective::Hardware&)>& work) {
  return in_session({.device = asked.device}, [&](workers::World& world) {
    return work(world, hardware({.device = asked.device, .threads = asked.threads},
                                {.rank = world.rank_on_node(), .ranks = world.ranks_on_node()}));
  });
}

}  // namespace lorahub::cli
