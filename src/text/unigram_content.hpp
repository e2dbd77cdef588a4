// What the files of a unigram tokenizer (T5, mT5) say together, as transformers 5 (AutoTokenizer)
// reads them.
#pragma once
#include <filesystem>
#include <vector>

#include "text/piece_model.hpp"

namespace lorahub::text {

struct UnigramContent {
  PieceModel model;               // the sentinels among its pieces where spiece.model has none
  std::vector<AddedToken> added;  // each once, with its id; some are pieces, too
  int64_t end = 1;                // what ends a text: </s>
  int64_t named = 0;              // all but sentinels have ids below this
  bool cleans_spaces = false;     // clean_up_tokenization_spaces: of answers
  bool cuts_left = false;         // truncation_side: what a limit cuts is the beginning
};

// The pieces and the normaliser are those of tokenizer.json, or of spiece.model where there is
// none, with the sentinels <extra_id_N> behind them. Added tokens come from added_tokens_decoder of
// tokenizer_config.json, or where it has none from special_tokens_map.json, added_tokens.json and
// tokenizer.json together; then come the special tokens that a file names. One that is no piece
// takes the next free id. Error naming file and token: files that contradict each other, a token
// whose id is not the one a file gives, and what T5's tokenizer does not do.
// `pieces_from`: where spiece.model or tokenizer.json lie when `folder` has neither.
UnigramContent read_unigram_content(const std::filesystem::path& folder,
                                    const std::filesystem::path& pieces_from = {});

}  // namespace lorahub::text
