#include "report/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "report/statistics/aggregate.hpp"
#include "report/statistics/improvement.hpp"

namespace lorahub::report {
namespace {

bool same_draw(const FactorLevels& a, const FactorLevels& b) {
  for (size_t f = 0; f < kFactors; ++f)
    if (a[f] != b[f] && a[f] != 0 && b[f] != 0) return false;
  return true;
}

FactorLevels joined(const FactorLevels& a, const FactorLevels& b) {
  FactorLevels draw{};
  for (size_t f = 0; f < kFactors; ++f) draw[f] = std::max(a[f], b[f]);
  return draw;
}

// Whether the tasks share several draws of modules.
bool has_whole_draws(const std::vector<Stratum>& strata) {
  std::set<int> shared;
  for (const Stratum& s : strata)
    for (const auto& l : s.levels) shared.insert(l[0]);
  return shared.size() > 1 && strata.size() > 1;
}

Effect effect(const std::vector<Stratum>& strata, const Interval& difference) {
  Effect e{.difference = difference, .has_whole_draws = has_whole_draws(strata)};
  if (e.has_whole_draws)
    e.whole_draws = bootstrap(strata, mean_of_means, {.scheme = Scheme::whole_draws});
  return e;
}

Comparison compared(const Condition& first, const Condition& second, const Pairing& pairing) {
  const std::vector<Stratum> strata = differences(pairing, accuracy);
  const auto found = bootstrap(strata, {mean_of_means, share_of_wins});
  Comparison c{effect(strata, found[0])};
  c.first = &first;
  c.second = &second;
  c.improvement = found[1];
  for (const Stratum& s : strata) {
    c.pairs += s.values.size();
    c.by_task.push_back(mean(s.values));
  }
  c.test = wilcoxon(c.by_task);
  return c;
}

bool is_of_search(const std::string& name) {
  return name.starts_with("search.") || name.starts_with("penalty.") || name == "composition" ||
         name == "loss";
}

}  // namespace

Effect effect(const std::vector<Stratum>& differences) {
  return effect(differences, bootstrap(differences, mean_of_means));
}

double accuracy(const store::Finding& trial) { return trial.row.accuracy; }

Pairing pair_up(const Condition& first, const Condition& second) {
  Pairing pairing;
  for (const auto& [task, points] : first.tasks) {
    const auto other = second.tasks.find(task);
    if (other == second.tasks.end()) continue;
    std::vector<std::pair<Point, Point>> pairs;
    for (const Point& a : points)
      for (const Point& b : other->second)
        if (same_draw(a.draw, b.draw)) pairs.emplace_back(a, b);
    if (pairs.empty()) continue;
    pairing.tasks.push_back(task);
    pairing.pairs.push_back(std::move(pairs));
  }
  return pairing;
}

std::vector<Stratum> differences(const Pairing& pairing, const FindingValue& value) {
  std::vector<Stratum> strata;
  for (const auto& pairs : pairing.pairs) {
    Stratum stratum;
    for (const auto& [a, b] : pairs) {
      const double difference = value(*a.trial) - value(*b.trial);
      if (!std::isfinite(difference)) continue;
      stratum.values.push_back(difference);
      stratum.levels.push_back(joined(a.draw, b.draw));
    }
    if (!stratum.values.empty()) strata.push_back(std::move(stratum));
  }
  return strata;
}

std::vector<Comparison> compare(
    const std::vector<std::pair<const Condition*, const Condition*>>& conditions) {
  std::vector<Comparison> all;
  std::vector<double> p;
  for (const auto& [first, second] : conditions) {
    const Pairing pairing = pair_up(*first, *second);
    if (pairing.tasks.empty()) continue;
    all.push_back(compared(*first, *second, pairing));
    p.push_back(all.back().test.p);
  }
  const std::vector<double> corrected = holm(p);
  for (size_t i = 0; i < all.size(); ++i) all[i].p_holm = corrected[i];
  return all;
}

const Condition* control(const Summary& summary, const Condition& condition,
                         const std::string& method) {
  const auto names = summary.varied.find(method);
  const Condition* best = nullptr;
  int most = -1;
  for (const Condition& candidate : summary.conditions) {
    if (candidate.method != method || &candidate == &condition) continue;
    bool fits = true;
    int alike = 0;
    for (const std::string& name :
         names == summary.varied.end() ? std::vector<std::string>{} : names->second) {
      const std::string mine = knob(condition.knobs, name), its = knob(candidate.knobs, name);
      if (mine.empty() || its.empty() || mine == its)
        alike += mine == its ? 1 : 0;
      else if (!is_of_search(name))
        fits = false;
    }
    if (fits && alike > most) {
      best = &candidate;
      most = alike;
    }
  }
  return best;
}

Verdict verdict(const Interval& difference) {
  if (difference.one_draw) return Verdict::open;
  if (difference.low > 0) return Verdict::better;
  return difference.high < 0 ? Verdict::worse : Verdict::open;
}

Verdict verdict(const Effect& effect) {
  const Verdict first = verdict(effect.difference);
  return effect.has_whole_draws && verdict(effect.whole_draws) != first ? Verdict::open : first;
}

}  // namespace lorahub::report
