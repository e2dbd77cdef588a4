// Byte-pair encoding: the letters of a word are joined pair by pair, in the order in which the
// pairs were learned. It is ours because ids must equal those of Hugging Face's `tokenizers`.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.hpp"

namespace lorahub::text {

struct Merge {
  int32_t left = 0, right = 0, joined = 0;  // ids
};

struct BpeModel {
  std::vector<std::string> texts;  // by id; "" where no token has the id
  std::vector<Merge> merges;       // in the order in which they are applied; of two for one pair
                                   // the later one counts
  int32_t unknown = -1;            // stands for a letter that is no token; -1: it is left out
  bool joins_unknown = false;      // one `unknown` for several such letters in a row
  bool byte_fallback = false;      // such a letter becomes its bytes' tokens, <0x00> to <0xFF>
  bool ignores_merges = false;     // a word that is a token is this token, whatever the merges say
};

class Bpe {
 public:
  explicit Bpe(const BpeModel& model);

  void encode(std::string_view word, Ids& ids) const;  // appends the ids of a word in UTF-8

  // What a pair of tokens becomes.
  struct JoinedPair {
    int32_t rank = 0, id = 0;
  };
  const JoinedPair* joined(int32_t left, int32_t right) const;  // null: the pair is not joined

 private:
  std::vector<int32_t> letters(std::string_view word) const;
  int32_t letter(char32_t c) const;  // -1: no token
  bool append_bytes(std::string_view letter, std::vector<int32_t>& ids) const;

  static constexpr char32_t kFrequent = 0x180;  // letters below have a table
  std::array<int32_t, kFrequent> frequent_letters_;
  std::unordered_map<char32_t, int32_t> other_letters_;
  std::array<int32_t, 256> bytes_;  // ids of <0x00> to <0xFF>; -1: no token
  std::unordered_map<uint64_t, JoinedPair> pairs_;
  std::unordered_map<std::string, int32_t> words_;  // all tokens, where merges are ignored
  int32_t unknown_;
  bool joins_unknown_, byte_fallback_;
};

}  // namespace lorahub::text
