// All that clients do with jobs at once, on several threads, while jobs are computed. Under a
// sanitizer (CONTRIBUTING.md) it looks for races; otherwise for jobs that are lost or done twice.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "process.hpp"
#include "serve/jobs.hpp"

namespace lorahub::serve {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 4, kJobsEach = 12;

class JobsOfManyThreads : public testing::Test {
 protected:
  // Asks for jobs, cancels each third, removes each fourth once it has ended, and looks at all.
  void ask(int client) {
    for (int i = 0; i < kJobsEach; ++i) {
      const std::string id = "job-" + std::to_string(client) + "-" + std::to_string(i);
      NewJob job{.id = id,
                 .input = "{}",
                 .kind = i % 5 == 0 ? JobKind::infer : JobKind::adapt,
                 .owner = "client" + std::to_string(client),
                 .webhook = {.url = "http://127.0.0.1:1/"},
                 .command = "lorahub adapt",
                 .examples = "row\n"};
      EXPECT_EQ(jobs_.add(job).added, Jobs::Admission::waits);
      EXPECT_EQ(jobs_.add(job).added, Jobs::Admission::is_there);
      if (i % 3 == 0) jobs_.cancel(id);
      look(id);
      if (i % 4 != 0) continue;
      while (!jobs_.remove(id)) std::this_thread::sleep_for(1ms);
      const std::lock_guard lock(mutex_);
      removed_.insert(id);
    }
  }

  void look(const std::string& id) {
    jobs_.find(id);
    jobs_.state(id);
    jobs_.place(id);
    jobs_.wait_of_new("client0");
    for (const ServiceJob& one : jobs_.newest(10, UINT64_MAX, [](const auto&) { return true; }))
      if (has_ended(one.status)) jobs_.told(one.id);
    jobs_.is_computing();
  }

  // As the service's thread: each fifth job is put aside once, and answers go between two steps.
  void compute() {
    std::set<uint64_t> put_aside;
    while (!stops_) {
      std::optional<ServiceJob> job = jobs_.take(0.01);
      if (!job) continue;
      for (int step = 1; step <= 3; ++step) {
        jobs_.progress(job->id, {.evaluation = step, .of = 3, .best_loss = 1, .seconds = 1});
        jobs_.serve(job->owner, 0.1);
        if (auto answers = jobs_.take_short([](const auto&) { return true; }))
          jobs_.end(answers->id, ending(answers->id));
      }
      if (job->number % 5 == 0 && put_aside.insert(job->number).second)
        jobs_.wait_again(job->id, 0.1);
      else
        jobs_.end(job->id, ending(job->id));
    }
  }

  Jobs::End ending(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ++ended_[id];
    if (jobs_.cancel_asked(id)) return {.status = JobStatus::canceled};
    return {.status = JobStatus::succeeded, .output = "{}"};
  }

  const std::filesystem::path folder_ = fresh_folder("JobsOfManyThreads") / "jobs";
  Jobs jobs_{folder_, {.waiting = 1000, .slice = 0.001}};
  std::atomic<bool> stops_ = false;
  std::mutex mutex_;
  std::map<std::string, int> ended_;  // how often a job was computed to its end
  std::set<std::string> removed_;
};

TEST_F(JobsOfManyThreads, NoneIsLostOrComputedTwice) {
  std::map<std::string, int> told;  // by the thread that makes the change, which holds a lock
  std::mutex telling;
  jobs_.listen([&](const ServiceJob& job, const std::string& kind) {
    const std::lock_guard lock(telling);
    if (kind == "completed") ++told[job.id];
  });
  std::thread computing([this] { compute(); });
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back([this, i] { ask(i); });
  for (std::thread& one : clients) one.join();
  while (jobs_.waiting() > 0 || jobs_.is_computing()) std::this_thread::sleep_for(1ms);
  stops_ = true;
  computing.join();
  const std::vector<ServiceJob> left = jobs_.all();
  EXPECT_EQ(left.size() + removed_.size(), size_t{kClients * kJobsEach});
  EXPECT_EQ(told.size(), size_t{kClients * kJobsEach});
  for (const auto& [id, times] : told) EXPECT_EQ(times, 1) << id;
  for (const auto& [id, times] : ended_) EXPECT_EQ(times, 1) << id;
  Jobs again(folder_, {});
  EXPECT_EQ(again.all().size(), left.size());
  for (const ServiceJob& one : left) {
    EXPECT_TRUE(has_ended(one.status)) << one.id;
    EXPECT_EQ(again.find(one.id)->status, one.status) << one.id;
    EXPECT_TRUE(one.status == JobStatus::canceled || ended_.contains(one.id)) << one.id;
  }
}

}  // namespace
}  // namespace lorahub::serve
