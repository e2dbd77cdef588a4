#include "net/open_connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lorahub::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OpenConnectionsTest : public testing::Test {
 protected:
  uint64_t enter(int name) {
    return open_.enter([this, name] { closed_.push_back(name); });
  }
  uint64_t enter(int name, const std::string& caller) {
    uint64_t place = enter(name);
    open_.asks(place, caller);
    return place;
  }
  OpenConnections open_{4};
  std::vector<int> closed_;
};

TEST_F(OpenConnectionsTest, AreAllKeptWhileThereIsRoom) {
  for (int name = 1; name <= 4; ++name) enter(name);
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_EQ(open_.count(), 4u);
}

TEST_F(OpenConnectionsTest, GiveTheOldestPlaceOfWhoeverHoldsTheMost) {
  enter(1, "ann");
  for (int name = 2; name <= 4; ++name) enter(name);
  enter(5);  // of nobody known, as 2, 3 and 4
  EXPECT_THAT(closed_, ElementsAre(2));
  enter(6, "ann");
  EXPECT_THAT(closed_, ElementsAre(2, 3));
  EXPECT_EQ(open_.count(), 4u);
}

TEST_F(OpenConnectionsTest, OneUserKeepsNoOtherOut) {
  for (int name = 1; name <= 4; ++name) enter(name, "ann");
  enter(5, "bob");
  enter(6, "bob");
  EXPECT_THAT(closed_, ElementsAre(1, 2));
  enter(7, "cy");
  enter(8, "cy");
  EXPECT_EQ(closed_.size(), 4u);
  EXPECT_EQ(open_.count(), 4u);
}

TEST_F(OpenConnectionsTest, ARequestMakesAConnectionTheNewest) {
  uint64_t first = enter(1, "ann");
  enter(2, "ann");
  open_.asks(first, "ann");
  enter(3, "ann");
  enter(4);
  enter(5);
  EXPECT_THAT(closed_, ElementsAre(2));
}

TEST_F(OpenConnectionsTest, ThatAreLeftMakeRoom) {
  const uint64_t first = enter(1);
  for (int name = 2; name <= 4; ++name) enter(name);
  open_.leave(first);
  enter(5);
  EXPECT_THAT(closed_, IsEmpty());
  uint64_t gone = first;
  open_.asks(gone, "ann");  // nothing comes of it
  EXPECT_EQ(open_.count(), 4u);
}

}  // namespace
}  // namespace lorahub::net
