#include "report/statistics/bootstrap.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <set>

#include "base/random.hpp"
#include "base/shared_work.hpp"
#include "report/statistics/aggregate.hpp"
#include "report/statistics/resampling.hpp"

namespace lorahub::report {
namespace {

// Whether factors f and g split the values alike. Then the later one adds no draw of its own.
bool splits_alike(const Stratum& s, size_t f, size_t g) {
  std::set<std::pair<int, int>> pairs;
  std::set<int> one, other;
  for (const auto& l : s.levels) {
    pairs.emplace(l[f], l[g]);
    one.insert(l[f]);
    other.insert(l[g]);
  }
  return pairs.size() == one.size() && pairs.size() == other.size();
}

// A stratum as a grid over the levels of its factors.
struct Grid {
  std::vector<size_t> factors;           // those that vary, in order
  std::vector<std::vector<int>> levels;  // of each of them, sorted
  std::vector<int> place;                // [levels of 1st * 2nd * 3rd] value's index, -1: none
};

size_t cells(const Grid& grid) {
  size_t product = 1;
  for (const auto& l : grid.levels) product *= l.size();
  return product;
}

// The grid of draws that are not crossed: each belongs to one draw of modules.
Grid nested(const Stratum& s) {
  std::map<int, std::vector<int>> by_modules;
  size_t longest = 0;
  for (size_t i = 0; i < s.values.size(); ++i) {
    auto& values = by_modules[s.levels[i][0]];
    values.push_back(static_cast<int>(i));
    longest = std::max(longest, values.size());
  }
  Grid grid{.factors = {0, 1}, .levels = {{}, std::vector<int>(longest)}};
  for (auto& [level, values] : by_modules) {
    grid.levels[0].push_back(level);
    values.resize(longest, -1);
    grid.place.insert(grid.place.end(), values.begin(), values.end());
  }
  return grid;
}

Grid grid_of(const Stratum& s) {
  Grid grid;
  for (size_t f = 0; f < kFactors; ++f) {
    std::set<int> seen;
    for (const auto& l : s.levels) seen.insert(l[f]);
    const bool alike = std::ranges::any_of(
        grid.factors, [&](size_t earlier) { return splits_alike(s, earlier, f); });
    if (seen.size() < 2 || alike) continue;
    grid.factors.push_back(f);
    grid.levels.emplace_back(seen.begin(), seen.end());
  }
  grid.place.assign(cells(grid), -1);
  for (size_t i = 0; i < s.values.size(); ++i) {
    size_t at = 0;
    for (size_t k = 0; k < grid.factors.size(); ++k) {
      const auto& l = grid.levels[k];
      const auto found = std::ranges::lower_bound(l, s.levels[i][grid.factors[k]]);
      at = at * l.size() + static_cast<size_t>(found - l.begin());
    }
    assert(grid.place[at] < 0);  // one value a draw
    grid.place[at] = static_cast<int>(i);
  }
  if (2 * s.values.size() < grid.place.size()) return nested(s);
  return grid;
}

class Resampler {
 public:
  Resampler(const std::vector<Stratum>& strata, Scheme scheme) : strata_(&strata), scheme_(scheme) {
    std::set<int> shared;
    for (const Stratum& s : strata) {
      assert(!s.values.empty() && s.values.size() == s.levels.size());
      grids_.push_back(grid_of(s));
      for (const auto& l : s.levels) shared.insert(l[0]);
    }
    shared_.assign(shared.begin(), shared.end());
    chosen_.resize(strata.size());
    samples_.resize(strata.size());
  }

  bool has_one_draw() const {
    return std::ranges::all_of(grids_, [](const Grid& grid) { return grid.factors.empty(); });
  }

  // Chooses levels until every stratum has a value.
  void choose(base::Stream& random) {
    do {
      std::vector<int> joint;
      for (size_t i = 0; i < shared_.size() && scheme_ == Scheme::whole_draws; ++i)
        joint.push_back(shared_[pick(random, shared_.size())]);
      for (size_t s = 0; s < grids_.size(); ++s) choose(grids_[s], joint, random, chosen_[s]);
    } while (!has_values());
  }

  // The values of the chosen cells. Most of a report's time is spent here.
  const Samples& gather() {
    for (size_t s = 0; s < grids_.size(); ++s) {
      const std::vector<double>& values = (*strata_)[s].values;
      std::vector<double>& sample = samples_[s];
      const Chosen& c = chosen_[s];
      sample.resize(c[0].size() * c[1].size() * c[2].size());
      double* next = sample.data();
      each_row(grids_[s], c, [&](const int* places) {
        for (const size_t column : c[2])
          if (const int at = places[column]; at >= 0) *next++ = values[static_cast<size_t>(at)];
        return true;
      });
      sample.resize(static_cast<size_t>(next - sample.data()));
    }
    return samples_;
  }

 private:
  using Chosen = std::array<std::vector<size_t>, kFactors>;  // levels, by the grid's factors

  void choose(const Grid& grid, const std::vector<int>& joint, base::Stream& random,
              Chosen& chosen) const {
    for (size_t k = 0; k < kFactors; ++k) {
      chosen[k].clear();
      if (k >= grid.factors.size())
        chosen[k].push_back(0);
      else if (scheme_ == Scheme::whole_draws && grid.factors[k] == 0)
        take(joint, grid.levels[k], chosen[k]);
      else
        for (size_t i = 0; i < grid.levels[k].size(); ++i)
          chosen[k].push_back(pick(random, grid.levels[k].size()));
    }
  }

  static void take(const std::vector<int>& joint, const std::vector<int>& levels,
                   std::vector<size_t>& chosen) {
    for (const int level : joint)
      if (const auto found = std::ranges::lower_bound(levels, level);
          found != levels.end() && *found == level)
        chosen.push_back(static_cast<size_t>(found - levels.begin()));
  }

  bool has_values() const {
    for (size_t s = 0; s < grids_.size(); ++s) {
      bool has = false;
      each_row(grids_[s], chosen_[s], [&](const int* places) {
        has = std::ranges::any_of(chosen_[s][2], [&](size_t c) { return places[c] >= 0; });
        return !has;
      });
      if (!has) return false;
    }
    return true;
  }

  // Visits the places of each chosen pair of levels of the first two factors until one says false.
  template <class Visit>
  static void each_row(const Grid& grid, const Chosen& chosen, const Visit& visit) {
    const auto width = [&](size_t k) { return k < grid.levels.size() ? grid.levels[k].size() : 1; };
    for (const size_t a : chosen[0])
      for (const size_t b : chosen[1])
        if (!visit(&grid.place[(a * width(1) + b) * width(2)])) return;
  }

  const std::vector<Stratum>* strata_;
  Scheme scheme_;
  std::vector<Grid> grids_;
  std::vector<int> shared_;     // levels of the first factor
  std::vector<Chosen> chosen_;  // by stratum
  Samples samples_;
};

// The statistics of each replicate, [statistic][replicate]. Replicates are shared between threads
// in blocks; each block begins where the one stream of random numbers was, so that the bits are
// those of one thread.
Samples replicate(const Resampler& resampler, const std::vector<Statistic>& statistics,
                  size_t replicates, int threads) {
  constexpr size_t kBlock = 250;
  std::vector<base::Stream> begins;
  Resampler first = resampler;
  base::Stream random(1, "bootstrap");
  for (size_t r = 0; r < replicates; ++r) {
    if (r % kBlock == 0) begins.push_back(random);
    first.choose(random);
  }
  Samples found(statistics.size(), std::vector<double>(replicates));
  base::share_work(threads, static_cast<int>(begins.size()), [&](int block) {
    const size_t begin = static_cast<size_t>(block) * kBlock;
    Resampler mine = resampler;
    base::Stream stream = begins[static_cast<size_t>(block)];
    for (size_t r = begin; r < std::min(begin + kBlock, replicates); ++r) {
      mine.choose(stream);
      const Samples& samples = mine.gather();
      for (size_t k = 0; k < statistics.size(); ++k) found[k][r] = statistics[k](samples);
    }
  });
  return found;
}

std::vector<double> flat(const Samples& samples) {
  std::vector<double> all;
  for (const auto& values : samples) all.insert(all.end(), values.begin(), values.end());
  return all;
}

}  // namespace

Stratum independent(std::vector<double> values) {
  Stratum stratum{.values = std::move(values)};
  for (size_t i = 0; i < stratum.values.size(); ++i)
    stratum.levels.push_back({static_cast<int>(i), 0, 0});
  return stratum;
}

std::vector<Interval> bootstrap(const std::vector<Stratum>& strata,
                                const std::vector<Statistic>& statistics, Bootstrap how) {
  assert(!strata.empty() && how.replicates >= 40);
  Samples given;
  size_t values = 0;
  for (const Stratum& s : strata) {
    given.push_back(s.values);
    values += s.values.size();
  }
  const Resampler resampler(strata, how.scheme);
  const auto replicates = static_cast<size_t>(how.replicates);
  Samples found = replicate(resampler, statistics, replicates, worthwhile_threads(values));
  std::vector<Interval> intervals;
  for (size_t k = 0; k < statistics.size(); ++k) {
    std::ranges::sort(found[k]);
    intervals.push_back({.value = statistics[k](given),
                         .low = found[k][replicates / 40 - 1],
                         .high = found[k][replicates - replicates / 40],
                         .one_draw = resampler.has_one_draw()});
  }
  return intervals;
}

Interval bootstrap(const std::vector<Stratum>& strata, const Statistic& statistic, Bootstrap how) {
  return bootstrap(strata, std::vector<Statistic>{statistic}, how)[0];
}

double mean_of_means(const Samples& samples) {
  double sum = 0;
  for (const auto& values : samples) sum += mean(values);
  return sum / static_cast<double>(samples.size());
}

double pooled_iqm(const Samples& samples) { return iqm(flat(samples)); }

double pooled_gap(const Samples& samples) { return optimality_gap(flat(samples)); }

double pooled_spread(const Samples& samples) {
  double sum = 0;
  for (const auto& values : samples) {
    const double sd = standard_deviation(values);
    sum += sd * sd;
  }
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

}  // namespace lorahub::report
