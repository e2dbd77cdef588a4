// A group of one, without mpirun. Several ranks: ranks.cpp.
#include "workers/world.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <latch>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/signals.hpp"

namespace lorahub::workers {
namespace {

TEST(World, WithoutMpirunIsOneRankAndLeavesMpiAlone) {
  const Session session;
  World group;
  EXPECT_EQ(group.rank(), 0);
  EXPECT_EQ(group.size(), 1);
  EXPECT_EQ(group.rank_on_node(), 0);
  EXPECT_EQ(group.ranks_on_node(), 1);
  EXPECT_TRUE(group.is_coordinator());
  int initialized = 1;
  MPI_Initialized(&initialized);
  EXPECT_EQ(initialized, 0);
}

TEST(World, OfOneAnswersItself) {
  World group;
  const Handler twice = [](const std::string& request) { return request + request; };
  std::vector<std::string> replies, requests;
  const int code = group.run({.threads = 2}, twice, [&](Dispatcher& dispatcher) {
    replies = dispatcher.everyone("ab");
    const auto lead = [&](const JobHandle& job) {
      for (const Outcome& outcome : job.call({"x", "y", "z"})) requests.push_back(outcome.bytes);
    };
    dispatcher.work({{.size = {}, .join = "", .lead = lead}}, 3);
    return 75;
  });
  EXPECT_EQ(code, 75);
  EXPECT_EQ(replies, std::vector<std::string>{"abab"});
  EXPECT_EQ(requests, (std::vector<std::string>{"xx", "yy", "zz"}));
}

// Each request waits for the other job's.
TEST(World, OfOneWorksOnAsManyJobsAtATimeAsItHasSeats) {
  World group;
  std::latch both(2);
  std::atomic<int> joined = 0, slots = 0;
  const Handler meet = [&](const std::string& request) -> std::string {
    if (request == "join") {
      ++joined;
      return "";
    }
    both.count_down();
    const base::Stopwatch clock;
    while (!both.try_wait() && clock.seconds() < 20) std::this_thread::yield();
    return both.try_wait() ? "met" : "alone";
  };
  std::array<std::string, 2> replies;
  group.run({.threads = 4, .jobs = 2}, meet, [&](Dispatcher& dispatcher) {
    std::vector<Job> jobs;
    for (std::string& reply : replies)
      jobs.push_back({.size = {}, .join = "join", .lead = [&](const JobHandle& job) {
                        slots += job.slots();
                        reply = job.call({"x"}).at(0).bytes;
                      }});
    dispatcher.work(jobs, 2);
    return 0;
  });
  EXPECT_EQ(replies, (std::array<std::string, 2>{"met", "met"}));
  EXPECT_EQ(joined, 2);
  EXPECT_EQ(slots, 4) << "each has half of the threads";
}

TEST(World, OfOneThrowsWhatItsHandlerThrows) {
  World group;
  const Handler handler = [](const std::string&) -> std::string {
    throw base::Error("no model here");
  };
  try {
    group.run({}, handler, [](Dispatcher& dispatcher) {
      dispatcher.everyone("");
      return 0;
    });
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "no model here");
  }
}

TEST(World, WhatALeadThrowsComesOutAfterTheOthersHaveEnded) {
  World group;
  int begun = 0;
  const auto bad = [&](const JobHandle&) {
    ++begun;
    throw std::logic_error("a bug");
  };
  const Handler handler = [](const std::string& request) { return request; };
  EXPECT_THROW(group.run({}, handler,
                         [&](Dispatcher& dispatcher) {
                           dispatcher.work({{.size = {}, .join = "", .lead = bad},
                                            {.size = {}, .join = "", .lead = bad}},
                                           1);
                           return 0;
                         }),
               std::logic_error);
  EXPECT_EQ(begun, 1) << "nothing is begun after it";
}

TEST(World, OfOneIsInterruptedWithinACall) {
  const auto interrupted = [] {
    base::block_signals();
    World group;
    const Handler handler = [](const std::string& request) {
      kill(getpid(), SIGTERM);
      return request;
    };
    try {
      group.run({}, handler, [](Dispatcher& dispatcher) {
        for (;;) dispatcher.everyone("");
        return 0;
      });
    } catch (const base::Interrupted&) {
      _exit(75);
    }
    _exit(1);
  };
  EXPECT_EXIT(interrupted(), testing::ExitedWithCode(75), "");
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Session, RefusesSrunCopiesThatDoNotKnowOfEachOther) {
  {
    const Variable three("SLURM_STEP_NUM_TASKS", "3");
    EXPECT_THROW(Session(), base::Error);
  }
  const Variable one("SLURM_STEP_NUM_TASKS", "1");
  EXPECT_NO_THROW(Session());
}

TEST(Session, ACommandOfOneProcessIsNotStartedInCopies) {
  for (const char* size : {"PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS",
                           "MV2_COMM_WORLD_SIZE", "PALS_SIZE", "FLUX_JOB_SIZE"}) {
    const Variable four(size, "4");
    try {
      check_started_once("report");
      ADD_FAILURE() << size;
    } catch (const base::Error& error) {
      EXPECT_NE(std::string(error.what()).find("4 copies of `lorahub report`"), std::string::npos)
          << error.what();
    }
  }
  const Variable one("PMI_SIZE", "1");
  EXPECT_NO_THROW(check_started_once("report"));
}

TEST(Session, TheScriptOfASlurmJobOfManyTasksIsNoCopy) {
  const Variable tasks("SLURM_NTASKS", "8"), nodes("SLURM_JOB_NUM_NODES", "4"),
      procs("SLURM_NPROCS", "8");
  EXPECT_NO_THROW(check_started_once("report"));
  EXPECT_NO_THROW(Session());
}

// mpirun -np 1 within a step of several tasks: each is a program of its own on purpose.
TEST(Session, TheNearestLauncherIsAsked) {
  const Variable step("SLURM_STEP_NUM_TASKS", "4"), mpirun("OMPI_COMM_WORLD_SIZE", "1");
  EXPECT_NO_THROW(check_started_once("report"));
}

}  // namespace
}  // namespace lorahub::workers
