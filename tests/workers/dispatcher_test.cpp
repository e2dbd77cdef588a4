// The coordinator's hold on ranks that a thread of the test plays.
#include "workers/dispatcher.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <set>
#include <system_error>
#include <thread>

#include "base/fault.hpp"

namespace lorahub::workers {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// What a rank makes of a request.
using Play = std::function<Outcome(int rank, const std::string& request)>;

class Ranks {
  WakeUp wake_up_;

 public:
  Ranks(int count, Play play, Watch watch = {})
      : dispatcher({.hosts = hosts(count), .watch = std::move(watch)}, wake_up_),
        play_(std::move(play)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  Dispatcher dispatcher;

 private:
  static std::vector<std::string> hosts(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
    return names;
  }
  void serve(const std::stop_token& stop) {
    for (double clock = 0; !stop.stop_requested(); clock += 1) {
      for (Dispatcher::OutgoingRequest& outgoing : dispatcher.outbox()) {
        Outcome outcome = play_(outgoing.rank, outgoing.request.bytes);
        outcome.ticket = outgoing.request.ticket;
        if (outcome.bytes != "never") dispatcher.arrived(outgoing.rank, std::move(outcome));
      }
      dispatcher.look_for_hung_ranks(clock);
      std::this_thread::yield();
    }
  }
  Play play_;
  std::jthread thread_;
};

Outcome reply(int rank) { return {.bytes = std::to_string(rank)}; }
Outcome fault() { return {.result = Result::fault, .bytes = "there is not enough memory"}; }

// One job of so many requests; its outcomes.
std::vector<Outcome> outcomes_of(Dispatcher& dispatcher, int requests) {
  std::vector<Outcome> outcomes;
  const auto lead = [&](const JobHandle& job) {
    outcomes = job.call(std::vector<std::string>(static_cast<size_t>(requests), "request"));
  };
  dispatcher.work({{.size = {.width = requests}, .join = "join", .lead = lead}}, 1);
  return outcomes;
}

template <class Error>
std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Dispatcher, AUnitThatASickRankCannotDoIsDoneByAnother) {
  std::atomic<int> faults = 0;
  Ranks ranks(3, [&](int rank, const std::string& request) {
    if (rank != 1 || request == "join") return reply(rank);
    ++faults;
    return fault();
  });
  const std::vector<Outcome> outcomes = outcomes_of(ranks.dispatcher, 12);
  ASSERT_EQ(outcomes.size(), 12U);
  for (const Outcome& outcome : outcomes) EXPECT_NE(outcome.bytes, "1");
  EXPECT_GT(faults, 0);
}

TEST(Dispatcher, ARankThatComputesInTheOthersPlaceHasJoinedBefore) {
  std::set<int> joined;
  Ranks ranks(3, [&](int rank, const std::string& request) {
    if (request == "join") joined.insert(rank);
    EXPECT_TRUE(joined.contains(rank));
    return request != "join" && rank < 2 ? fault() : reply(rank);
  });
  for (const Outcome& outcome : outcomes_of(ranks.dispatcher, 2)) EXPECT_EQ(outcome.bytes, "2");
}

TEST(Dispatcher, ARankAloneTriesAgainItself) {
  int left = 2;
  Ranks ranks(1, [&](int rank, const std::string& request) {
    return request != "join" && left-- > 0 ? fault() : reply(rank);
  });
  EXPECT_EQ(outcomes_of(ranks.dispatcher, 1).at(0).bytes, "0");
}

TEST(Dispatcher, WhatNoRankCanDoEndsTheRunAndNamesRankAndHost) {
  Ranks ranks(2, [&](int rank, const std::string& request) {
    return request == "join" ? reply(rank) : fault();
  });
  EXPECT_THAT(message_of<base::MachineFault>([&] { outcomes_of(ranks.dispatcher, 3); }),
              AllOf(HasSubstr("rank "), HasSubstr(" on n"), HasSubstr("not enough memory"),
                    HasSubstr("tried 3 times")));
}

TEST(Dispatcher, AJoinThatFailsForLackOfMemoryEndsTheRunToo) {
  std::atomic<int> joins = 0;
  Ranks ranks(2, [&](int rank, const std::string& request) {
    if (rank == 0 || request != "join") return reply(rank);
    ++joins;
    return fault();
  });
  EXPECT_THAT(message_of<base::MachineFault>([&] { outcomes_of(ranks.dispatcher, 8); }),
              HasSubstr("rank 1 on n1"));
  EXPECT_EQ(joins, 3);
}

// A reply may be there before it is known that the rank reads other rows.
TEST(Dispatcher, NoOutcomeCountsBeforeItsRankHasJoined) {
  std::vector<Outcome> outcomes;
  WakeUp wake_up;
  Dispatcher dispatcher({.hosts = {"n0"}}, wake_up);
  const std::jthread rank([&] {
    std::vector<Dispatcher::OutgoingRequest> outgoing_requests;
    while (outgoing_requests.size() < 2)
      for (Dispatcher::OutgoingRequest& outgoing : dispatcher.outbox())
        outgoing_requests.push_back(std::move(outgoing));
    dispatcher.arrived(0, {.ticket = outgoing_requests[1].request.ticket, .bytes = "early"});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    dispatcher.arrived(0, {.ticket = outgoing_requests[0].request.ticket,
                           .result = Result::failure,
                           .bytes = "it reads other rows"});
  });
  EXPECT_EQ(message_of<base::Error>([&] { outcomes = outcomes_of(dispatcher, 1); }),
            "it reads other rows");
  EXPECT_TRUE(outcomes.empty());
}

TEST(Dispatcher, AFaultEndsTheOtherJobsToo) {
  Ranks ranks(2, [&](int rank, const std::string& request) {
    return request == "sick" ? fault() : reply(rank);
  });
  const auto forever = [](const JobHandle& job) {
    for (;;) job.call({"well"});
  };
  const auto once = [](const JobHandle& job) { job.call({"sick"}); };
  const auto run = [&] {
    ranks.dispatcher.work(
        {{.size = {}, .join = "", .lead = forever}, {.size = {}, .join = "", .lead = once}}, 2);
  };
  EXPECT_THAT(message_of<base::MachineFault>(run), HasSubstr("not enough memory"));
}

TEST(Dispatcher, WorksOnAfterAJobThatCouldNotGoOn) {
  std::atomic<bool> sick = true;
  Ranks ranks(2, [&](int rank, const std::string&) { return sick ? fault() : reply(rank); });
  EXPECT_THROW(outcomes_of(ranks.dispatcher, 3), base::MachineFault);
  EXPECT_FALSE(ranks.dispatcher.is_stopped());
  sick = false;
  for (const Outcome& outcome : outcomes_of(ranks.dispatcher, 3))
    EXPECT_EQ(outcome.result, Result::reply);
  ranks.dispatcher.stop(std::make_exception_ptr(base::Interrupted("signal")));
  EXPECT_TRUE(ranks.dispatcher.is_stopped());
  EXPECT_THROW(outcomes_of(ranks.dispatcher, 3), base::Interrupted);
  EXPECT_THROW(outcomes_of(ranks.dispatcher, 3), base::Interrupted);
}

TEST(Dispatcher, ARankThatNeverAnswersIsNamedWithWhatItDoes) {
  Ranks ranks(
      2,
      [&](int rank, const std::string& request) {
        return rank == 1 && request != "join" ? Outcome{.bytes = "never"} : reply(rank);
      },
      [](const std::string& request) {
        return Patience{.seconds = 5000, .words = "doing a " + request};
      });
  EXPECT_THAT(
      message_of<base::MachineFault>([&] { outcomes_of(ranks.dispatcher, 8); }),
      AllOf(HasSubstr("rank 1 on n1 has been doing a request"), HasSubstr("--hang-timeout")));
}

TEST(Dispatcher, WithoutAWatchARankMayTakeAsLongAsItLikes) {
  std::atomic<int> asked = 0;
  Ranks ranks(1, [&](int rank, const std::string&) {
    ++asked;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return reply(rank);
  });
  EXPECT_EQ(outcomes_of(ranks.dispatcher, 3).size(), 3U);
}

TEST(Dispatcher, SaysWhatItsLeadsDoWhileNoRankComputes) {
  std::atomic<bool> alone_meanwhile = true;
  const Dispatcher* dispatcher = nullptr;
  Ranks ranks(1, [&](int rank, const std::string&) {
    alone_meanwhile = dispatcher->alone().has_value();
    return reply(rank);
  });
  dispatcher = &ranks.dispatcher;
  ranks.dispatcher.note("reading");
  const auto before = ranks.dispatcher.alone();
  EXPECT_EQ(before->doing, "reading");
  EXPECT_EQ(ranks.dispatcher.alone()->since, before->since) << "nothing was asked";
  ranks.dispatcher.everyone("a");
  EXPECT_FALSE(alone_meanwhile);
  EXPECT_NE(ranks.dispatcher.alone()->since, before->since)
      << "the time begins anew after a request";
  const auto lead = [&](const JobHandle& job) {
    job.call({"request"});
    EXPECT_TRUE(dispatcher->alone());
  };
  ranks.dispatcher.work({{.size = {}, .join = "", .lead = lead}}, 1);
  const auto after = ranks.dispatcher.alone();
  ranks.dispatcher.note("reading");
  EXPECT_NE(ranks.dispatcher.alone()->since, after->since) << "a note is a sign of life";
}

}  // namespace
}  // namespace lorahub::workers
