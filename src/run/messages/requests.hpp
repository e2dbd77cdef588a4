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
  device = 'D',       // reply: run::device_text
  agree = 'E',        // + what rank 0 reads; reply: what differs here (rank/compare_reading.hpp)
  room = 'R',         // reply: plan::room
  log = 'L',          // + folder: open this rank's log file in it
  model_share = 'W',  // read this rank's part of the trial's model; `exchange` completes it
  exchange = 'X',     // + workers::nccl_id; all ranks send each other their parts, at the same time
  join = 'J',     // + hashes of shots and test rows; load the trial; reply: a Loaded (loaded.hpp)
  probe = 'P',    // + place of a candidate module; reply: the loss of that module alone
  measure = 'M',  // + a tile (tile_request.hpp); reply: the tile's sums
  search = 'S',   // the same for candidates of a search, in the trial's precision
  answer = 'A',   // + number of a batch of test rows, weights (none: the base); reply: its answers
  train = 'T'     // the trial's training on its shots, as one unit; reply: a MethodResult
                  // (method_result.hpp)
};

// Whether a request concerns the rank as a whole and not one trial. The rank computes nothing else
// meanwhile.
inline bool is_for_the_rank(RequestKind kind) {
  return kind == RequestKind::log || kind == RequestKind::model_share ||
         kind == RequestKind::exchange;
}

std::string in_words(RequestKind kind);  // what the rank does then: "loading"

struct RankRequest {
  RequestKind kind = RequestKind::log;
  size_t trial = 0;
  std::vector<uint32_t> kept = {};  // places of the candidates that `retrieve: probe` left; empty
                                    // before they are known, and without that knob
  std::string body = {};
};

std::string bytes(std::span<const double> values);
std::vector<double> doubles(std::string_view text);

// decode() inverts encode(); base::Error for bytes that no coordinator of this build would send.
std::string encode(const RankRequest& asked);
RankRequest decode(std::string_view text);

struct AnswerUnit {
  uint64_t batch = 0;
  std::vector<double> weights;
};
std::string answer_body(const AnswerUnit& unit);
AnswerUnit read_answer(std::string_view body);

}  // namespace lorahub::run
