#include "objective/phases.hpp"

#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <memory>
#include <vector>

#include "base/clock.hpp"

namespace lorahub::objective {

namespace {

// The callbacks are plain functions, so they reach this through the thread's debug information.
class PhaseLedger : public c10::DebugInfoBase {
 public:
  void enter(const char* scope) {
    charge();
    const std::string outer = open_.empty() ? "" : open_.back() + " ";
    open_.push_back(outer + scope);
  }
  void leave() {
    charge();
    open_.pop_back();
  }
  const std::map<std::string, double>& seconds() {
    charge();
    return seconds_;
  }
  static PhaseLedger* current() {
    return static_cast<PhaseLedger*>(
        c10::ThreadLocalDebugInfo::get(c10::DebugInfoKind::PRODUCER_INFO));
  }

 private:
  void charge() {
    const double now = base::thread_seconds();
    seconds_[open_.empty() ? "" : open_.back()] += now - since_;
    since_ = now;
  }
  double since_ = base::thread_seconds();
  std::vector<std::string> open_;
  std::map<std::string, double> seconds_;
};

std::unique_ptr<at::ObserverContext> entered(const at::RecordFunction& scope) {
  if (PhaseLedger* ledger = PhaseLedger::current()) ledger->enter(scope.name());
  return nullptr;
}

void left(const at::RecordFunction& /*scope*/, at::ObserverContext* /*context*/) {
  if (PhaseLedger* ledger = PhaseLedger::current()) ledger->leave();
}

}  // namespace

std::map<std::string, double> phase_seconds(const std::function<void()>& work) {
  const auto ledger = std::make_shared<PhaseLedger>();
  const c10::DebugInfoGuard reachable(c10::DebugInfoKind::PRODUCER_INFO, ledger);
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(entered, left).scopes({at::RecordScope::USER_SCOPE}));
  work();
  at::removeCallback(handle);
  return ledger->seconds();
}

}  // namespace lorahub::objective
