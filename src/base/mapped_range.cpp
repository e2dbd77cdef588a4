#include "base/mapped_range.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

#include "base/exit_codes.hpp"
#include "base/text.hpp"

namespace lorahub::base {

// Entries are made and used again, never freed: the handler may read the list at any time.
struct MappedRange::Entry {
  std::atomic<bool> used = false;
  std::atomic<uintptr_t> begin = 0, end = 0;
  std::atomic<const char*> sentence = nullptr;
  std::atomic<size_t> length = 0;
  Entry* next = nullptr;
};

namespace {

std::atomic<MappedRange::Entry*> first_entry = nullptr;

MappedRange::Entry* free_entry() {
  for (MappedRange::Entry* entry = first_entry; entry != nullptr; entry = entry->next)
    if (bool no = false; entry->used.compare_exchange_strong(no, true)) return entry;
  auto* entry = new MappedRange::Entry{.used = true};
  entry->next = first_entry;
  while (!first_entry.compare_exchange_weak(entry->next, entry)) {
  }
  return entry;
}

// Does only what is safe in a handler: no allocation, no locks.
void end_with_a_sentence(int signal, siginfo_t* info, void* /*context*/) {
  const auto place = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const MappedRange::Entry* entry = first_entry; entry != nullptr; entry = entry->next)
    if (entry->begin <= place && place < entry->end) {
      (void)!::write(STDERR_FILENO, entry->sentence, entry->length);
      ::_exit(kExitRunAgain);
    }
  // No file of ours: the fault happens again, and ends the program as usual.
  ::signal(signal, SIG_DFL);
}

// This is done for each range, since MPI and other libraries may have set a handler of theirs
// meanwhile.
void handle_bus_errors() {
  struct sigaction action {};
  action.sa_sigaction = end_with_a_sentence;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

MappedRange::MappedRange(const void* data, size_t size, const std::string& file)
    : sentence_(format("lorahub: {}: was cut short or can no longer be read while the program used "
                       "it (nothing that was computed with it since is kept), restore the file and "
                       "run the same command to go on\n",
                       file)),
      entry_(free_entry()) {
  entry_->sentence = sentence_.data();
  entry_->length = sentence_.size();
  entry_->end = reinterpret_cast<uintptr_t>(data) + size;
  entry_->begin = reinterpret_cast<uintptr_t>(data);
  handle_bus_errors();
}

MappedRange::~MappedRange() {
  entry_->begin = UINTPTR_MAX;
  entry_->end = 0;
  entry_->used = false;
}

}  // namespace lorahub::base
