#include "store/replay.hpp"

#include <charconv>

#include "search/optimizer.hpp"
#include "study/names.hpp"

namespace lorahub::store {
namespace {

using Knobs = std::map<std::string, std::string>;

// A knob that the method does not read is "": its default stays.
template <class Number>
void read(const Knobs& knobs, const char* name, Number& value) {
  const auto found = knobs.find(name);
  if (found == knobs.end()) return;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), value);
}

study::Search search_of(const Knobs& knobs) {
  study::Search search;
  search.method = study::parse<study::SearchMethod>(knobs.at("search.method"), "search.method");
  read(knobs, "search.population", search.population);
  read(knobs, "search.runs", search.runs);
  read(knobs, "search.sigma0", search.sigma0);
  read(knobs, "search.mean0", search.mean0);
  read(knobs, "search.bound", search.bound);
  return search;
}

}  // namespace

std::optional<size_t> first_departure(const Knobs& knobs, const search::Trace& recorded) {
  const auto method = knobs.find("search.method");
  if (method == knobs.end() || method->second.empty() || recorded.generations.empty()) return {};
  const int dim = recorded.generations.front().population.dim;
  if (dim < 1) return 0;
  uint64_t seed = 1;
  read(knobs, "seed.search", seed);
  const auto optimizer = search::make_optimizer(search_of(knobs), dim, seed);
  std::optional<size_t> departed;
  size_t next = 0;
  const auto told = [&](const search::Population& asked) {
    const bool there = next < recorded.generations.size();
    if (!departed && !(there && asked.weights == recorded.generations[next].population.weights))
      departed = next;
    if (!there) return search::Losses(static_cast<size_t>(asked.size()));
    search::Losses losses = recorded.generations[next++].losses;
    losses.resize(static_cast<size_t>(asked.size()));
    return losses;
  };
  search::minimize(*optimizer, told, recorded.evaluations());
  return departed;
}

}  // namespace lorahub::store
