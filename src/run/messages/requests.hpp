// What the coordinator asks of a rank: a kind, the trial's place in the plan, which of its
// candidate modules are kept, then the kind's own bytes.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::run {

enum class RequestKind : char {
  device = 'D',  // reply: run::device_text
  agree = 'E',   // + what rank 0 reads: reply: what differs here (agreement.hpp)
  room = 'R',    // reply: plan::room
  log = 'L',     // + folder: open this rank's log file in it
  model_share =
      'W',         // read this rank's part of the trial's model; it is used after the next request
  exchange = 'X',  // + workers::nccl_id: all ranks give each other their parts, at the same time
  join = 'J',      // + hashes of shots and test rows: load the trial; reply: see LoadedTrial::join
  probe = 'P',     // + place of a candidate module: reply: its loss on the shots, alone
  measure = 'M',   // + workers::across's unit; reply: the tile's sums
  search = 'S',    // the same for candidates of a search: in the trial's precision
  answer = 'A',    // + number of a batch of test rows, weights (none: the base); reply: its answers
  train = 'T'      // the trial's training on its shots, as one unit; reply: a MethodResult
                   // (method_result.hpp)
};

// Of the rank as a whole: alone, whatever trial it has loaded.
inline bool is_for_the_rank(RequestKind kind) {
  return kind == RequestKind::log || kind == RequestKind::model_share ||
         kind == RequestKind::exchange;
}

std::string in_words(RequestKind kind);  // "loading": what a rank does then

struct RankRequest {
  RequestKind kind = RequestKind::log;
  size_t trial = 0;
  std::vector<uint32_t> kept = {};  // places of the candidates that `retrieve: probe` left; none:
                                    // not known yet, or not asked for
  std::string body = {};
};

std::string bytes(std::span<const double> values);
std::vector<double> doubles(std::string_view text);

// There and back; base::Error for bytes that no coordinator of this build would send.
std::string encode(const RankRequest& asked);
RankRequest decode(std::string_view text);

struct AnswerUnit {
  uint64_t batch = 0;
  std::vector<double> weights;
};
std::string answer_body(const AnswerUnit& unit);
AnswerUnit read_answer(std::string_view body);

}  // namespace lorahub::run
