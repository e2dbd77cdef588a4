#include "run/run_on_ranks.hpp"

#include <mutex>

namespace lorahub::run {

int run_on_ranks(workers::World& group, const workers::Service& service,
                 const std::function<std::unique_ptr<RankServer>()>& make_site,
                 const workers::Lead& lead) {
  std::mutex mutex;
  std::unique_ptr<RankServer> site;
  const auto handle = [&](const std::string& request) {
    {
      const std::lock_guard lock(mutex);
      if (!site) site = make_site();
    }
    return site->handle(request);
  };
  return group.run(service, handle, lead);
}

}  // namespace lorahub::run
