#include "run/messages/messages.hpp"

#include "base/check.hpp"

namespace lorahub::run {
namespace {

constexpr const char* kAdvice =
    "(the ranks may be different builds), start the same program on all nodes";

}  // namespace

std::string in_words(RequestKind kind) {
  switch (kind) {
    case RequestKind::device:
      return "looking for its device";
    case RequestKind::room:
      return "looking at its memory";
    case RequestKind::agree:
      return "hashing its files";
    case RequestKind::log:
      return "opening its log";
    case RequestKind::model_share:
      return "reading its part of the model";
    case RequestKind::exchange:
      return "exchanging the model's parts";
    case RequestKind::join:
      return "loading a trial";
    case RequestKind::probe:
      return "probing a module";
    case RequestKind::measure:
    case RequestKind::search:
      return "computing losses";
    case RequestKind::slope:
      return "computing a gradient";
    case RequestKind::answer:
    case RequestKind::weigh:
      return "answering test rows";
    case RequestKind::train:
      return "training";
  }
  return "";
}

void RankRequest::check() const {
  base::check(!in_words(kind).empty(), "a rank was asked for what it does not know {}", kAdvice);
}

void TileRequest::check() const {
  base::check(dim >= 0 && candidates >= 0 && first_example >= 0 && examples >= 0 &&
                  weights.size() == static_cast<size_t>(dim) * static_cast<size_t>(candidates) &&
                  (centre.empty() || centre.size() == static_cast<size_t>(dim)),
              "a tile of a request makes no sense {}", kAdvice);
}

void Difference::check() const {
  base::check(of >= Of::nothing && of <= Of::bytes, "a rank's comparison makes no sense {}",
              kAdvice);
}

TileRequest tile_request(const search::Population& population, const search::Tile& tile) {
  const auto rows = population.rows(tile.first_candidate, tile.candidates);
  const auto centre = population.centre(tile.first_candidate);
  return {.dim = population.dim,
          .candidates = tile.candidates,
          .first_example = tile.first_example,
          .examples = tile.examples,
          .weights = {rows.begin(), rows.end()},
          .centre = {centre.begin(), centre.end()}};
}

}  // namespace lorahub::run
