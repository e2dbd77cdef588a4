// Weights read in parts by several ranks and exchanged by NcclChannel.
#include "run/rank/exchange.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <limits>
#include <thread>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "checkpoint/weights.hpp"
#include "fake_nccl.hpp"
#include "model/families.hpp"
#include "nccl.h"
#include "tensor/hash_weights.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {
namespace {

using testing::HasSubstr;

constexpr int kRanks = 3;
const std::filesystem::path kModel =
    std::filesystem::path(SOURCE_DIR) / "configs" / "model" / "mini";

// `body` on each rank, a thread each; what it throws, by rank ("" when nothing).
std::vector<std::string> on_ranks(const std::function<void(int)>& body) {
  std::vector<std::string> said(kRanks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < kRanks; ++rank)
    threads.emplace_back([&, rank] {
      try {
        body(rank);
      } catch (const std::exception& error) {
        said[static_cast<size_t>(rank)] = error.what();
      }
    });
  threads.clear();
  return said;
}

model::PartlyLoaded share_of(int rank) {
  return model::load_share(kModel, {.dtype = at::kBFloat16}, {.index = rank, .count = kRanks});
}

class Exchange : public testing::Test {
 protected:
  void SetUp() override { fake_nccl::reset(); }
  // Nothing is left behind, whatever happened.
  void TearDown() override {
    const fake_nccl::Counts counts = fake_nccl::counts();
    EXPECT_EQ(counts.communicators, counts.aborted + counts.ended);
    EXPECT_EQ(counts.streams, counts.destroyed);
    EXPECT_EQ(counts.blocking_inits, 0);
  }
  const std::string id_ = workers::nccl_id();
};

TEST_F(Exchange, gives_every_rank_the_whole_network) {
  const auto whole = model::load(kModel, {.dtype = at::kBFloat16});
  const auto expected = whole->tensors();
  std::vector<int> same(kRanks);
  const auto said = on_ranks([&](int rank) {
    model::PartlyLoaded mine = share_of(rank);
    workers::NcclChannel channel(id_, {.rank = rank, .size = kRanks});
    exchange_tensors(mine.tensors, channel);
    channel.close();
    for (const auto& [name, tensor] : mine.model->tensors())
      same[static_cast<size_t>(rank)] += at::equal(tensor, expected.at(name)) ? 1 : 0;
  });
  EXPECT_THAT(said, testing::Each(""));
  EXPECT_THAT(same, testing::Each(static_cast<int>(expected.size())));
  EXPECT_GT(fake_nccl::counts().not_ready, 0) << "some rank had to wait";
  EXPECT_EQ(fake_nccl::counts().ended, kRanks) << "without an abort";
}

// CUDA keeps the error of a query that was not ready, and the next launch of a kernel would report
// it.
TEST_F(Exchange, leaves_no_error_of_waiting_to_the_next_kernel) {
  std::vector<cudaError_t> left(kRanks);
  const auto said = on_ranks([&](int rank) {
    workers::NcclChannel channel(id_, {.rank = rank, .size = kRanks});
    while (rank == 0 && fake_nccl::counts().queries_not_ready == 0)  // the others wait for it
      std::this_thread::yield();
    int value = rank;
    channel.broadcast(&value, sizeof value, 0);
    channel.close();
    left[static_cast<size_t>(rank)] = cudaGetLastError();
  });
  EXPECT_THAT(said, testing::Each(""));
  EXPECT_THAT(left, testing::Each(cudaSuccess));
}

TEST_F(Exchange, parts_are_disjoint_and_about_equal) {
  std::vector<size_t> bytes(kRanks);
  const auto tensors = share_of(0).tensors;
  for (const model::SharedTensor& shared : tensors)
    bytes.at(static_cast<size_t>(shared.owner)) += shared.tensor.nbytes();
  size_t largest = 0;
  for (const model::SharedTensor& shared : tensors)
    largest = std::max(largest, shared.tensor.nbytes());
  EXPECT_LE(std::ranges::max(bytes) - std::ranges::min(bytes), largest);
  for (int rank = 1; rank < kRanks; ++rank) {
    const auto other = share_of(rank).tensors;
    ASSERT_EQ(other.size(), tensors.size());
    for (size_t i = 0; i < tensors.size(); ++i) EXPECT_EQ(other[i].owner, tensors[i].owner);
  }
}

TEST_F(Exchange, a_rank_that_leaves_is_an_error_of_the_others) {
  const auto said = on_ranks([&](int rank) {
    model::PartlyLoaded mine = share_of(rank);
    workers::NcclChannel channel(id_, {.rank = rank, .size = kRanks});
    if (rank == 1) mine.tensors.resize(2);
    exchange_tensors(mine.tensors, channel);
  });
  EXPECT_THAT(said[0], HasSubstr("remote process exited"));
  EXPECT_EQ(said[1], "");
  EXPECT_THAT(said[2], HasSubstr("remote process exited"));
}

TEST_F(Exchange, ranks_that_disagree_are_an_error_not_a_hang) {
  const auto said = on_ranks([&](int rank) {
    model::PartlyLoaded mine = share_of(rank);
    if (rank == 2) std::swap(mine.tensors.front(), mine.tensors.back());
    workers::NcclChannel channel(id_, {.rank = rank, .size = kRanks});
    exchange_tensors(mine.tensors, channel);
  });
  EXPECT_THAT(said, testing::Each(HasSubstr("invalid usage")));
}

TEST_F(Exchange, only_the_owner_looks_at_the_values) {
  checkpoint::Tensors weights = checkpoint::read_model_weights(kModel);
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / base::format("nan-{}", getpid());
  std::filesystem::create_directories(folder);
  for (const char* file : {"config.json"}) std::filesystem::copy_file(kModel / file, folder / file);
  at::Tensor damaged = weights.at("shared.weight").clone();
  damaged.view(-1)[0].fill_(std::numeric_limits<float>::quiet_NaN());
  weights["shared.weight"] = damaged;
  checkpoint::write_safetensors(folder / "model.safetensors", weights);
  int refused = 0;
  for (int rank = 0; rank < kRanks; ++rank) try {
      model::load_share(folder, {}, {.index = rank, .count = kRanks});
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("shared.weight"));
      ++refused;
    }
  EXPECT_EQ(refused, 1);
  std::filesystem::remove_all(folder);
}

TEST_F(Exchange, a_signal_ends_the_waiting) {
  const auto alone = [&] {
    base::block_signals();
    kill(getpid(), SIGTERM);
    try {
      workers::NcclChannel channel(id_, {.rank = 0, .size = kRanks});
    } catch (const base::Interrupted&) {
      _exit(fake_nccl::counts().aborted == 1 ? 75 : 2);
    }
    _exit(1);
  };
  EXPECT_EXIT(alone(), testing::ExitedWithCode(75), "");
}

}  // namespace
}  // namespace lorahub::run
