// All that the lead of a trial and the ranks say to each other. Three words are used throughout:
// - A request is what the lead asks of a rank (RankRequest): its kind, the trial, and a body whose
//   content depends on the kind.
// - A reply is what the rank answers.
// - A message is a request, a body or a reply: a struct with a list of its fields (base/bytes.hpp),
//   by which one function writes and reads it.
//
// src/workers carries requests and replies as bytes and knows none of these structs. A trial
// travels as its knobs (trial_message.hpp): a rank need not know beforehand what it will be asked.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "search/population.hpp"

namespace lorahub::run {

enum class RequestKind : char {
  // body -> reply; without a body or a reply where none is named
  device = 'D',       // -> text (rank/device_text.hpp)
  agree = 'E',        // LeadReading -> Difference
  room = 'R',         // -> plan::room
  log = 'L',          // the folder's path: open this rank's log file in it
  model_share = 'W',  // read this rank's part of the trial's model; `exchange` completes it
  exchange = 'X',     // workers::nccl_id: all ranks send each other their parts, at the same time
  join = 'J',         // hash of shots and test rows: load the trial -> LoadedModules
  probe = 'P',        // ProbeRequest -> double: the loss of that module alone
  measure = 'M',      // TileRequest -> the tile's sums, [candidates * examples] doubles
  search = 'S',       // the same for candidates of a search, in the trial's precision
  slope = 'G',        // TileRequest of one candidate -> Slope
  answer = 'A',       // AnswerRequest -> the batch's answers, texts
  weigh = 'I',        // AnswerRequest without weights -> WeighedBatch
  train = 'T'         // the trial's training on its shots -> TrainingResult (training_result.hpp)
};

// Whether a request concerns the rank as a whole and not one trial. The rank computes nothing else
// meanwhile.
inline bool is_for_the_rank(RequestKind kind) {
  return kind == RequestKind::log || kind == RequestKind::model_share ||
         kind == RequestKind::exchange;
}

std::string in_words(RequestKind kind);  // what the rank does then: "loading a trial"

struct RankRequest {
  RequestKind kind = RequestKind::log;
  uint64_t number = 0;              // the trial's, for people
  std::string trial = {};           // a TrialMessage; "" where the request is about no trial
  std::vector<uint32_t> kept = {};  // places of the candidates that `retrieve: probe` or `slope`
                                    // left; empty before they are known, and without that knob
  std::string body = {};

  static constexpr auto kFields =
      std::tuple(&RankRequest::kind, &RankRequest::number, &RankRequest::trial, &RankRequest::kept,
                 &RankRequest::body);
  void check() const;  // Error for a kind that no lead of this build would ask for
};

struct LoadedModules {
  int64_t truncated_from = 0;      // largest rank of a module before SVD; 0: all as trained
  std::vector<std::string> names;  // candidates: all, or those that `retrieve` by similarity, text
                                   // or norm has kept

  static constexpr auto kFields = std::tuple(&LoadedModules::truncated_from, &LoadedModules::names);
};

struct ProbeRequest {
  uint32_t place = 0;  // among the trial's candidate modules

  static constexpr auto kFields = std::tuple(&ProbeRequest::place);
};

// A tile of a population: its shape, its candidates' weights alone, and their centre
// (search::Population).
struct TileRequest {
  int32_t dim = 0, candidates = 0;  // weights: [candidates, dim]
  int32_t first_example = 0, examples = 0;
  std::vector<double> weights = {};
  std::vector<double> centre = {};  // [dim]; empty: the origin

  static constexpr auto kFields =
      std::tuple(&TileRequest::dim, &TileRequest::candidates, &TileRequest::first_example,
                 &TileRequest::examples, &TileRequest::weights, &TileRequest::centre);
  void check() const;  // Error where the numbers make no tile

  search::Population population() const {
    return {.dim = dim,
            .weights = weights,
            .centres = {centre},
            .candidates_per_centre = std::max(candidates, 1)};
  }
  search::Tile tile() const {
    return {.first_candidate = 0,
            .candidates = candidates,
            .first_example = first_example,
            .examples = examples};
  }
};
TileRequest tile_request(const search::Population& population, const search::Tile& tile);

// Of the mean cross entropy of a target token of a tile's examples.
struct Slope {
  double loss = 0;                    // nats
  std::vector<double> gradient = {};  // by the mixing weights, [N]

  static constexpr auto kFields = std::tuple(&Slope::loss, &Slope::gradient);
};

struct AnswerRequest {
  uint64_t batch = 0;           // of test rows
  std::vector<double> weights;  // none: the base model

  static constexpr auto kFields = std::tuple(&AnswerRequest::batch, &AnswerRequest::weights);
};

// The answers of a batch, each by weights of its own.
struct WeighedBatch {
  std::vector<std::string> texts = {};
  std::vector<double> weights = {};  // [texts * N]

  static constexpr auto kFields = std::tuple(&WeighedBatch::texts, &WeighedBatch::weights);
};

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// What rank 0 has read for one trial.
struct TrialReading {
  std::string trial;        // a TrialMessage
  std::string files;        // digest of its files' hashes (reading.hpp)
  std::string shots, test;  // hashes of its rows; "" where it reads none

  static constexpr auto kFields = std::tuple(&TrialReading::trial, &TrialReading::files,
                                             &TrialReading::shots, &TrialReading::test);
};
struct LeadReading {
  std::vector<TrialReading> trials;
  NamedTexts known;  // hashes of files by their states: equal states need not be hashed again

  static constexpr auto kFields = std::tuple(&LeadReading::trials, &LeadReading::known);
};

// The first thing that a rank reads differently from rank 0.
struct Difference {
  enum class Of : char { nothing, count, knobs, bytes };
  Of of = Of::nothing;
  uint64_t trial = 0;     // its place; the number of trials where that differs
  NamedTexts found = {};  // what the rank has there: knobs, or hashes

  static constexpr auto kFields =
      std::tuple(&Difference::of, &Difference::trial, &Difference::found);
  void check() const;
};

}  // namespace lorahub::run
