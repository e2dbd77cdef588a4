// The SentencePiece library as a second opinion: on ordinary text it cuts as Hugging Face's
// tokenizer does, and as ours. (It differs on look-alikes of special tokens, stray marks and ties,
// which is why ids come from our own code.)
#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include "task/task.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::text {
namespace {

TEST(SentencePiece, CutsBbhAlike) {
  const std::filesystem::path folder = SOURCE_DIR "/tests/golden/tokenizer";
  const UnigramTokenizer ours(folder);
  sentencepiece::SentencePieceProcessor theirs;
  ASSERT_TRUE(theirs.Load((folder / "spiece.model").string()).ok());
  int compared = 0, different = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/configs/tasks/bbh")) {
    if (entry.path().extension() != ".json") continue;
    for (const task::Example& example : task::read_examples(entry.path())) {
      std::vector<int> pieces = theirs.EncodeAsIds(example.input);
      Ids ids(pieces.begin(), pieces.end());
      ids.push_back(1);
      different += ours.encode(example.input) == ids ? 0 : 1;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6511);
  EXPECT_LE(different, 13) << "more than 0.2 %";  // ties, as between runs of dots
}

}  // namespace
}  // namespace lorahub::text
