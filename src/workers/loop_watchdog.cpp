#include "workers/loop_watchdog.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/exit_codes.hpp"
#include "base/streams.hpp"
#include "workers/end_launcher.hpp"
#include "workers/heartbeat.hpp"

namespace lorahub::workers {
namespace {

constexpr std::chrono::milliseconds kLook{500};

[[noreturn]] void end(const std::string& last_words) {
  base::write_error(last_words);
  end_lingering_launcher();
  ::_exit(base::kExitRunAgain);
}

void watch(const std::stop_token& stop, const std::atomic<uint64_t>& turns, double seconds,
           const std::string& last_words) {
  Silence silence(1);
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  uint64_t seen = turns;
  while (!stopped.wait_for(lock, stop, kLook, [&] { return stop.stop_requested(); })) {
    if (const uint64_t now = turns; std::exchange(seen, now) != now) silence.note(0);
    if (silence.of(0) > seconds) end(last_words);
  }
}

}  // namespace

LoopWatchdog::LoopWatchdog(const std::atomic<uint64_t>& turns, double seconds,
                           std::string last_words) {
  try {
    thread_ =
        std::jthread([&turns, seconds, words = std::move(last_words)](const std::stop_token& stop) {
          watch(stop, turns, seconds, words);
        });
  } catch (const std::system_error&) {
  }
}

}  // namespace lorahub::workers
