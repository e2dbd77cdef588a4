#include "serve/fair_queue.hpp"

#include <gtest/gtest.h>

namespace lorahub::serve {
namespace {

WaitingJob waiting(const std::string& id, uint64_t number, double seconds = 1) {
  return {.id = id, .owner = id.substr(0, 1), .number = number, .seconds = seconds};
}

// What next() gives, one after another; each job is served as long as it is expected to take.
std::string order(FairQueue queue) {
  std::string text;
  while (const std::optional<std::string> id = queue.next()) {
    text += *id + " ";
    queue.remove(*id);
    queue.serve(id->substr(0, 1), 1);
  }
  return text;
}

TEST(FairQueue, TheOneWhoWasServedLeastComesNext) {
  FairQueue queue;
  for (int i = 0; i < 3; ++i) queue.add(waiting("a" + std::to_string(i), 1 + i));
  queue.add(waiting("b0", 4));
  queue.add(waiting("c0", 5));
  EXPECT_EQ(order(queue), "a0 b0 c0 a1 a2 ");
  queue.serve("a", 100);
  EXPECT_EQ(order(queue), "b0 c0 a0 a1 a2 ");
}

TEST(FairQueue, WhoComesAnewHasNoClaimToThePast) {
  FairQueue queue;
  queue.add(waiting("a0", 1));
  queue.serve("a", 1000);
  queue.add(waiting("b0", 2));
  queue.add(waiting("b1", 3));
  EXPECT_EQ(order(queue), "a0 b0 b1 ");
}

TEST(FairQueue, ATurnEndsOnceAnotherWasServedLess) {
  FairQueue queue;
  queue.begin("a");
  EXPECT_FALSE(queue.is_anothers_turn());
  queue.serve("a", 60);
  EXPECT_FALSE(queue.is_anothers_turn());  // nobody waits
  queue.add(waiting("a1", 2));
  EXPECT_FALSE(queue.is_anothers_turn());
  queue.add(waiting("b0", 3));  // which begins with what a has had
  EXPECT_FALSE(queue.is_anothers_turn());
  queue.serve("a", 1);
  EXPECT_TRUE(queue.is_anothers_turn());
}

TEST(FairQueue, ShortJobsGoBeforeTheirOwnersOthers) {
  FairQueue queue;
  queue.add(waiting("a0", 1));
  WaitingJob answers = waiting("a1", 2);
  answers.is_short = true;
  queue.add(answers);
  EXPECT_EQ(order(queue), "a1 a0 ");
  queue.begin("a");
  EXPECT_TRUE(queue.is_anothers_turn());
}

// a computes 200 s still, in turns of 60 s; b waits with 30 s, then a with another job.
TEST(FairQueue, PlacesSayWhenJobsBegin) {
  FairQueue queue;
  queue.begin("a");
  queue.add(waiting("a1", 2, 10));
  queue.add(waiting("b0", 3, 30));
  const auto places = queue.places(60, 200);
  EXPECT_EQ(places.at("b0").place, 1);
  EXPECT_EQ(places.at("b0").starts_in, 60);
  EXPECT_EQ(places.at("a1").place, 2);
  EXPECT_EQ(places.at("a1").starts_in, 230);
}

TEST(FairQueue, ForgetsWhatIsRemoved) {
  FairQueue queue;
  queue.add(waiting("a0", 1));
  EXPECT_EQ(queue.size_of("a"), 1U);
  EXPECT_TRUE(queue.remove("a0"));
  EXPECT_FALSE(queue.remove("a0"));
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.size_of("a"), 0U);
  EXPECT_FALSE(queue.next());
}

}  // namespace
}  // namespace lorahub::serve
