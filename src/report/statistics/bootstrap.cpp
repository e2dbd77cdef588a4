#include "report/statistics/bootstrap.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <set>

#include "base/random.hpp"
#include "report/statistics/aggregate.hpp"
#include "report/statistics/pick.hpp"

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
  Resampler(const std::vector<Stratum>& strata, Scheme scheme) : strata_(strata), scheme_(scheme) {
    std::set<int> shared;
    for (const Stratum& s : strata) {
      assert(!s.values.empty() && s.values.size() == s.levels.size());
      grids_.push_back(grid_of(s));
      for (const auto& l : s.levels) shared.insert(l[0]);
    }
    shared_.assign(shared.begin(), shared.end());
    samples_.resize(strata.size());
  }

  bool has_one_draw() const {
    return std::ranges::all_of(grids_, [](const Grid& grid) { return grid.factors.empty(); });
  }

  const Samples& draw(base::Stream& random) {
    do {
      std::vector<int> joint;
      for (size_t i = 0; i < shared_.size() && scheme_ == Scheme::whole_draws; ++i)
        joint.push_back(shared_[pick(random, shared_.size())]);
      for (size_t s = 0; s < strata_.size(); ++s) draw(s, joint, random);
    } while (std::ranges::any_of(samples_, [](const auto& v) { return v.empty(); }));
    return samples_;
  }

 private:
  void draw(size_t s, const std::vector<int>& joint, base::Stream& random) {
    const Grid& grid = grids_[s];
    for (size_t k = 0; k < kFactors; ++k) {
      chosen_[k].clear();
      if (k >= grid.factors.size())
        chosen_[k].push_back(0);
      else if (scheme_ == Scheme::whole_draws && grid.factors[k] == 0)
        take(joint, grid.levels[k], chosen_[k]);
      else
        for (size_t i = 0; i < grid.levels[k].size(); ++i)
          chosen_[k].push_back(pick(random, grid.levels[k].size()));
    }
    gather(grid, strata_[s].values, samples_[s]);
  }

  static void take(const std::vector<int>& joint, const std::vector<int>& levels,
                   std::vector<size_t>& chosen) {
    for (const int level : joint)
      if (const auto found = std::ranges::lower_bound(levels, level);
          found != levels.end() && *found == level)
        chosen.push_back(static_cast<size_t>(found - levels.begin()));
  }

  // The values of the chosen cells. Most of a report's time is spent here.
  void gather(const Grid& grid, const std::vector<double>& values, std::vector<double>& sample) {
    const auto width = [&](size_t k) { return k < grid.levels.size() ? grid.levels[k].size() : 1; };
    const size_t rows = width(1), columns = width(2);
    sample.resize(chosen_[0].size() * chosen_[1].size() * chosen_[2].size());
    double* next = sample.data();
    for (const size_t a : chosen_[0])
      for (const size_t b : chosen_[1]) {
        const int* places = &grid.place[(a * rows + b) * columns];
        for (const size_t c : chosen_[2])
          if (const int place = places[c]; place >= 0) *next++ = values[static_cast<size_t>(place)];
      }
    sample.resize(static_cast<size_t>(next - sample.data()));
  }

  const std::vector<Stratum>& strata_;
  Scheme scheme_;
  std::vector<Grid> grids_;
  std::vector<int> shared_;  // levels of the first factor
  std::array<std::vector<size_t>, kFactors> chosen_;
  Samples samples_;
};

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
  for (const Stratum& s : strata) given.push_back(s.values);
  Resampler resampler(strata, how.scheme);
  base::Stream random(1, "bootstrap");
  const auto replicates = static_cast<size_t>(how.replicates);
  Samples found(statistics.size(), std::vector<double>(replicates));
  for (size_t r = 0; r < replicates; ++r) {
    const Samples& samples = resampler.draw(random);
    for (size_t k = 0; k < statistics.size(); ++k) found[k][r] = statistics[k](samples);
  }
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
