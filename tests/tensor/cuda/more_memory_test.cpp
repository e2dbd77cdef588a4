// What LibTorch throws where a GPU's memory runs out, thrown here without a GPU.
#include "tensor/cuda/more_memory.hpp"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace lorahub::tensor {
namespace {

[[noreturn]] void run_out() {
  TORCH_CHECK_WITH(OutOfMemoryError, false,
                   "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of "
                   "79.11 GiB.");
}

TEST(MoreMemory, IsTriedOnceWhereMemoryIsLacking) {
  int tries = 0, rooms = 0;
  const int result = with_more_memory(
      [&] {
        if (++tries == 1) run_out();
        return 7;
      },
      [&] { ++rooms; });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(rooms, 1);
}

TEST(MoreMemory, IsNotTriedWhereNothingIsLacking) {
  int rooms = 0;
  const auto room = [&] { ++rooms; };
  EXPECT_EQ(with_more_memory([] { return 7; }, room), 7);
  EXPECT_THROW(with_more_memory([]() -> int { TORCH_CHECK(false, "shape is invalid"); }, room),
               c10::Error);
  EXPECT_EQ(rooms, 0);
}

TEST(MoreMemory, ASecondLackOfMemoryIsTheMachinesFault) {
  int tries = 0;
  try {
    with_more_memory(
        [&] {
          ++tries;
          run_out();
        },
        [] {});
    ADD_FAILURE();
  } catch (const std::exception&) {
    const base::Cause cause = base::cause_of(std::current_exception());
    EXPECT_EQ(cause.blame, base::Blame::machine);
    EXPECT_EQ(cause.sentence.find("there is not enough memory on the GPU (a piece of 2.00 GiB"), 0U)
        << cause.sentence;
    EXPECT_EQ(cause.sentence.find("Exception raised"), std::string::npos) << "c10's stack trace";
  }
  EXPECT_EQ(tries, 2);
}

}  // namespace
}  // namespace lorahub::tensor
