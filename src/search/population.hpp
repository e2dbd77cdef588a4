// The interface between a search and whatever computes its losses: a formula, a GPU, a cluster. It
// consists of numbers alone.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorahub::search {

// Candidates: weight vectors [P, N], row-major.
struct Population {
  int dim = 0;                  // N
  std::vector<double> weights;  // [P * N]
  // Points [N] from which a measure may compute candidates by differences: candidate p has number
  // p / candidates_per_centre. An empty point is the origin; no points: the origin for all.
  std::vector<std::vector<double>> centres = {};
  int candidates_per_centre = 1;

  int size() const { return dim == 0 ? 0 : static_cast<int>(weights.size()) / dim; }
  std::span<const double> rows(int first, int count) const {
    const auto n = static_cast<size_t>(dim);
    return std::span(weights).subspan(static_cast<size_t>(first) * n,
                                      static_cast<size_t>(count) * n);
  }
  std::span<const double> row(int p) const { return rows(p, 1); }
  std::span<const double> centre(int p) const {
    if (centres.empty()) return {};
    return centres[static_cast<size_t>(p / candidates_per_centre)];
  }
  void add(std::span<const double> row) { weights.insert(weights.end(), row.begin(), row.end()); }
};

// Sums of target-token cross entropies [P, K], row-major: one per candidate and example, in nats.
// Where other numbers are measured of each example, too, their K columns follow: [P, kinds * K].
struct Sums {
  int examples = 0;            // columns: K, or kinds * K
  std::vector<double> values;  // [P * columns]
  double at(int p, int k) const {
    return values[static_cast<size_t>(p) * static_cast<size_t>(examples) + static_cast<size_t>(k)];
  }
};

// Some candidates on some examples. Tiles are cut without regard to the number of ranks, so that
// their sums have the same bits whichever rank computes them.
struct Tile {
  int first_candidate = 0, candidates = 0;
  int first_example = 0, examples = 0;
};
struct TileShape {
  int candidates = 4, examples = 64;
};
std::vector<Tile> cut(int candidates, int examples, TileShape shape);

// Computes the tiles given; result[t] holds tile t's sums, [tile.candidates * tile.examples]
// row-major.
using Measure =
    std::function<std::vector<std::vector<double>>(const Population&, std::span<const Tile>)>;

// A candidate that could not be evaluated; its loss is +inf.
struct Fault {
  int candidate = 0;
  std::string cause;
};

using Losses = std::vector<double>;  // [P]

// The losses of a population, and why some are missing. Losses convert to it, for a formula that
// never fails.
struct Evaluation {
  Evaluation(Losses all, std::vector<Fault> causes = {})
      : losses(std::move(all)), faults(std::move(causes)) {}
  Losses losses;
  std::vector<Fault> faults;  // by candidate, ascending
  // The gradient of the loss where the population is one candidate, [N]. Empty where the search
  // follows no gradient, and where the candidate has no finite loss.
  std::vector<double> gradient = {};
};
using Evaluate = std::function<Evaluation(const Population&)>;  // what a search calls

// What is measured of each candidate. Example k of the second kind is column K + k, also in a Tile.
struct SumColumns {
  SumColumns(int examples_of_each, int how_many_kinds = 1)
      : examples(examples_of_each), kinds(how_many_kinds) {}
  int examples, kinds;
};

// All tiles of the population, put together. A tile has columns of one kind, and candidates of one
// centre.
Sums measure_all(const Measure& measure, const Population& population, const SumColumns& columns,
                 TileShape shape);

}  // namespace lorahub::search
