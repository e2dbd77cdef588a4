// Journal entries as one line of JSON each. Doubles come back with the same bits; "nan", "inf" and
// "-inf" are strings. It is written out, since the macros of the JSON library would write those as
// null, and read a fraction or a truth value as an integer.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/record.hpp"

namespace lorahub::store {

struct Start {
  std::string trial;
  Inputs inputs;
  double seconds = 0;  // since the epoch
};
struct Told {
  std::string trial;
  size_t index = 0;  // of the generation within its trial, from 0
  search::Generation generation;
};
struct Finish {
  Record record;
  std::optional<size_t> told;  // how many Told entries hold its generations; nothing: `record` does
};
struct Fail {
  std::string trial, message;
};
using JournalEntry = std::variant<Header, Start, Told, Finish, Fail>;

// One line of JSON, without its line break. Bytes that are not UTF-8 become U+FFFD.
std::string encode(const JournalEntry& entry);
JournalEntry decode(std::string_view json);  // Error when it is no entry that this version knows

// Makes the line of the journal: {"crc":"89abcdef","record":JSON} and a line break; CRC-32 of JSON.
std::string frame(std::string_view json);
std::string_view unframe(
    std::string_view line);  // the JSON of a whole line (without its break); "" when torn

}  // namespace lorahub::store
