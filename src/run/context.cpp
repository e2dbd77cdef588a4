#include "run/context.hpp"

#include "base/check.hpp"

namespace lorahub::run {

std::vector<std::string> Context::ask(Request kind, const std::string& body) const {
  return group_.call(static_cast<char>(kind) + body,
                     [this](const std::string& request) { return site_.handle(request); });
}

void Context::begin(size_t index) {
  const std::vector<std::string> seen = ask(Request::begin, std::to_string(index));
  for (size_t rank = 1; rank < seen.size(); ++rank)
    base::check(seen[rank] == seen[0],
                "rank {} reads other rows of task '{}' than rank 0 (its files differ), put the "
                "data on a shared disk",
                rank, trial().task);
}

std::vector<int> Context::shot_tokens() const {
  std::vector<int> tokens;
  for (const t5::Pair& pair : site_.pairs()) tokens.push_back(static_cast<int>(pair.target.size()));
  return tokens;
}

search::Sums Context::sums(const search::Population& population) const {
  const search::Measure measure =
      workers::across([this](const std::string& body) { return ask(Request::measure, body); });
  return search::measure_all(measure, population, static_cast<int>(site_.pairs().size()),
                             site_.tile_shape());
}

search::Evaluate Context::evaluate(const study::Penalty& penalty) const {
  return [this, penalty](const search::Population& population) {
    return objective::reduce(sums(population), shot_tokens(), population,
                             {.kind = trial().loss, .penalty = penalty});
  };
}

std::vector<std::string> Context::answers(const std::vector<double>& weights) const {
  return in_order(ask(Request::answer, bytes(weights)));
}

std::vector<std::string> Context::trained_answers(const std::string& trained) const {
  return in_order(ask(Request::trained, trained));
}

// Answers by test row from those by rank (Site::answer_share).
std::vector<std::string> Context::in_order(const std::vector<std::string>& replies) const {
  std::vector<std::vector<std::string>> parts;
  for (const std::string& reply : replies) parts.push_back(workers::unpack(reply));
  std::vector<size_t> next(parts.size(), 0);
  std::vector<std::string> all;
  const auto batch = static_cast<size_t>(trial().batch);
  for (size_t i = 0; i < site_.prompts().size(); ++i) {
    const size_t rank = i / batch % parts.size();
    all.push_back(parts[rank].at(next[rank]++));
  }
  return all;
}

}  // namespace lorahub::run
