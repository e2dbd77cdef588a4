// What the coordinator asks of a rank: a kind, the trial's place in the plan, which of its
// candidate modules are kept, then the kind's own bytes.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::run {

enum class Request : char {
  device = 'D',    // reply: run::device_text
  log = 'L',       // + folder: open this rank's log file in it
  weights = 'W',   // read this rank's part of the trial's model; it is used after the next request
  exchange = 'X',  // + workers::nccl_id: all ranks give each other their parts, at the same time
  join = 'J',      // + hashes of shots and test rows: load the trial; reply: see Held::join
  probe = 'P',     // + place of a candidate module: reply: its loss on the shots, alone
  measure = 'M',   // + workers::across's unit; reply: the tile's sums
  search = 'S',    // the same for candidates of a search: in the trial's precision
  answer = 'A',    // + number of a batch of test rows, weights (none: the base); reply: its answers
  train = 'T'      // the trial's training on its shots, as one unit; reply: a Choice (choice.hpp)
};

// Of the rank as a whole: alone, whatever trial it has loaded.
inline bool is_for_the_rank(Request kind) {
  return kind == Request::log || kind == Request::weights || kind == Request::exchange;
}

struct Asked {
  Request kind = Request::log;
  size_t trial = 0;
  std::vector<uint32_t> kept = {};  // places of the candidates that `retrieve: probe` left; none:
                                    // not known yet, or not asked for
  std::string body = {};
};

inline std::string bytes(std::span<const double> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

inline std::vector<double> doubles(std::string_view text) {
  std::vector<double> values(text.size() / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), text.data(), values.size() * sizeof(double));
  return values;
}

inline std::string encode(const Asked& asked) {
  const uint64_t trial = asked.trial;
  std::string text(1, static_cast<char>(asked.kind));
  text.append(reinterpret_cast<const char*>(&trial), sizeof trial);
  const auto count = static_cast<uint32_t>(asked.kept.size());
  text.append(reinterpret_cast<const char*>(&count), sizeof count);
  text.append(reinterpret_cast<const char*>(asked.kept.data()), count * sizeof(uint32_t));
  return text + asked.body;
}

inline Asked decode(const std::string& text) {
  uint64_t trial = 0;
  uint32_t count = 0;
  const char* at = text.data() + 1;
  std::memcpy(&trial, at, sizeof trial);
  std::memcpy(&count, at += sizeof trial, sizeof count);
  Asked asked{
      .kind = static_cast<Request>(text[0]), .trial = trial, .kept = std::vector<uint32_t>(count)};
  at += sizeof count;
  if (count > 0) std::memcpy(asked.kept.data(), at, count * sizeof(uint32_t));
  asked.body.assign(at + count * sizeof(uint32_t), text.data() + text.size());
  return asked;
}

struct AnswerUnit {
  uint64_t batch = 0;
  std::vector<double> weights;
};

inline std::string answer_body(const AnswerUnit& unit) {
  return std::string(reinterpret_cast<const char*>(&unit.batch), sizeof unit.batch) +
         bytes(unit.weights);
}

inline AnswerUnit read_answer(std::string_view body) {
  AnswerUnit unit;
  std::memcpy(&unit.batch, body.data(), sizeof unit.batch);
  unit.weights = doubles(body.substr(sizeof unit.batch));
  return unit;
}

}  // namespace lorahub::run
