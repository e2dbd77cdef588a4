#include "run/lead/hang_watch.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "run/messages/messages.hpp"

namespace lorahub::run {
namespace {

constexpr double kTimesPredicted = 50;

double predicted(RequestKind kind, const plan::SearchWork& work) {
  return kind == RequestKind::answer ? work.batch_cost : work.request_cost;
}

}  // namespace

workers::Watch watch(double hang_timeout) { return watch(hang_timeout, {}); }

workers::Watch watch(double hang_timeout, const plan::SearchWork& work) {
  return [=](const std::string& bytes) -> workers::Patience {
    const auto request = base::decode<RankRequest>(bytes);
    const double seconds = std::max(kHangTimeout, kTimesPredicted * predicted(request.kind, work));
    return {.seconds = hang_timeout > 0 ? hang_timeout : seconds,
            .words = base::format("{} (trial {} of the plan)", in_words(request.kind),
                                  request.number + 1)};
  };
}

}  // namespace lorahub::run
