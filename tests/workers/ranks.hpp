// What only several ranks can show: mpirun -np R ranks SCENE R [FOLDER]. See CMakeLists.txt beside
// it.
#pragma once
#include <string>

#include "base/check.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {

// Ends the process where it is not so.
void expect(bool ok, const std::string& what);

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

// Requests name a failure by rank: "2:error 3:exception".
std::string fail_as_told(const World& group, const std::string& request);

// Scenes: each returns the exit code of its rank. In ranks_at_work.cpp:
int same_bits(World& group, const std::string& folder);
int errors(World& group, const std::string& folder);
int failing_jobs(World& group, const std::string& folder);
int sick_rank(World& group, const std::string& folder);
int sick_ranks(World& group, const std::string& folder);
int large(World& group, const std::string& folder);
int idle(World& group, const std::string& folder);
// In ranks_that_end.cpp:
int hung_worker(World& group, const std::string& folder);
int hung_coordinator(World& group, const std::string& folder);
int hung_lead(World& group, const std::string& folder);
int hung_preparation(World& group, const std::string& folder);
int long_forward(World& group, const std::string& folder);
int stopped_worker(World& group, const std::string& folder);
int stopped_coordinator(World& group, const std::string& folder);
int early_leavers(World& group, const std::string& folder);
int loop_fails(World& group, const std::string& folder);
int loops_fail(World& group, const std::string& folder);
int loop_crashes(World& group, const std::string& folder);
int loop_without_files(World& group, const std::string& folder);
int loop_with_a_bug(World& group, const std::string& folder);
int loop_hangs(World& group, const std::string& folder);
int loops_hang(World& group, const std::string& folder);
int grace(World& group, const std::string& folder);
int work(World& group, const std::string& folder);

}  // namespace lorahub::workers
