#include "store/check_trial.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "base/check.hpp"
#include "search/centres.hpp"
#include "search/optimizer.hpp"
#include "search/recommend.hpp"
#include "store/replay.hpp"
#include "store/validity.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

using Weights = std::vector<std::pair<std::string, double>>;

// Losses of the same weights that were summed in another order, or in a backward pass.
constexpr double kLossTolerance = 1e-4;

bool same_loss(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The least of the losses that are numbers; NaN when none is.
double least(const std::vector<EvaluatedCandidate>& evaluations) {
  double best = std::nan("");
  for (const EvaluatedCandidate& e : evaluations)
    if (!std::isnan(e.loss) && !(e.loss >= best)) best = e.loss;
  return best;
}

search::Trace course_of(const std::vector<EvaluatedCandidate>& evaluations,
                        const TraceArrays& arrays) {
  search::Trace course;
  for (size_t e = 0; e < evaluations.size(); ++e) {
    const bool next = e == 0 || evaluations[e].generation != evaluations[e - 1].generation;
    if (next) course.generations.emplace_back();
    search::Generation& generation = course.generations.back();
    generation.population.dim = static_cast<int>(arrays.modules);
    generation.population.add(
        std::span(arrays.weights).subspan(e * arrays.modules, arrays.modules));
    generation.losses.push_back(arrays.losses[e]);
  }
  return course;
}

// Checks one trial that is done.
class TrialCheck {
 public:
  TrialCheck(const CheckedContent& content, const ResultRow& row, Problems& problems)
      : content_(content), row_(row), problems_(problems) {}

  void run(const TaskRules& rules) {
    made_by();
    answers();
    if (rules.is_hit) hits(rules.is_hit);
    faults();
    shots();
    try {
      const study::Trial trial = study::trial_of(row_.knobs);
      knobs(trial);
      search(trial);
      bounds(trial);
      if (rules.loss_of) losses(trial, rules.loss_of);
    } catch (const base::Error& error) {
      expect(false, "its knobs are of no trial: {}", error.what());
    }
  }

 private:
  template <class... Args>
  void expect(bool ok, fmt::format_string<Args...> message, Args&&... args) {
    if (!ok)
      problems_.push_back("trial " + row_.id + ": " +
                          fmt::format(message, std::forward<Args>(args)...));
  }

  bool reads(const char* knob) const {
    const auto found = row_.knobs.find(knob);
    return found != row_.knobs.end() && !found->second.empty();
  }

  template <class Map>
  typename Map::mapped_type of(const Map& map) const {
    const auto found = map.find(row_.id);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
  }

  void answers() {
    const std::vector<Answer> answers = of(content_.results.answers);
    const auto right = std::ranges::count_if(answers, &Answer::hit);
    expect(std::ssize(answers) == row_.test_rows, "{} answers for {} test rows", answers.size(),
           row_.test_rows);
    expect(right == content_.hits.at(row_.id), "{} answers are right, /runs counts {}", right,
           content_.hits.at(row_.id));
    const double accuracy =
        answers.empty() ? 0
                        : 100.0 * static_cast<double>(right) / static_cast<double>(answers.size());
    expect(std::abs(accuracy - row_.accuracy) <= kPercentTolerance,
           "accuracy is {}, its answers give {}", row_.accuracy, accuracy);
    std::set<int> rows;
    for (const Answer& a : answers)
      expect(rows.insert(a.row).second, "test row {} is answered twice", a.row);
  }

  // Each knob that has a value is read by the trial's method, and has the text that it is given.
  void knobs(const study::Trial& trial) {
    std::map<std::string, std::string> read;
    for (const auto& [name, text] : study::columns(trial)) read[name] = text;
    for (const auto& [name, text] : row_.knobs) {
      const auto found = read.find(name);
      if (text.empty() || (found != read.end() && found->second == text)) continue;
      expect(false, "its knob {} is '{}', {}", name, text,
             found == read.end()     ? "which no trial of this version has"
             : found->second.empty() ? "which its method does not read"
                                     : "which is written '" + found->second + "'");
    }
  }

  void made_by() {
    const auto start = content_.starts.find(row_.id);
    if (start == content_.starts.end()) return;
    expect(-1 <= start->second && start->second < content_.headers,
           "it was made by start {}, /headers has {}", start->second, content_.headers);
  }

  // Bytes that were not UTF-8 were recorded as U+FFFD, so what was compared is not known.
  void hits(const IsHit& is_hit) {
    const auto whole = [](const std::string& text) {
      return text.find("\xEF\xBF\xBD") == std::string::npos;
    };
    for (const Answer& a : of(content_.results.answers))
      if (whole(a.answer) && whole(a.target))
        expect(a.hit == is_hit(a.answer, a.target), "test row {} counts as {}, its answer is {}",
               a.row, a.hit ? "right" : "wrong", a.hit ? "wrong" : "right");
  }

  void faults() {
    const std::vector<EvaluatedCandidate> evaluations = of(content_.evaluations);
    for (const FaultyCandidate& fault : of(content_.faults)) {
      const auto found = std::ranges::find_if(evaluations, [&](const EvaluatedCandidate& e) {
        return e.generation == fault.generation && e.candidate == fault.candidate;
      });
      expect(found != evaluations.end() && !std::isfinite(found->loss),
             "candidate {} of generation {} could not be evaluated, and has a loss",
             fault.candidate, fault.generation);
    }
  }

  // Generations and their candidates are numbered from 0, without gaps.
  void order(const std::vector<EvaluatedCandidate>& evaluations) {
    int64_t generation = 0, candidate = 0;
    for (const EvaluatedCandidate& e : evaluations) {
      if (candidate > 0 && e.generation == generation + 1) ++generation, candidate = 0;
      if (e.generation == generation && e.candidate == candidate++) continue;
      return expect(false, "candidate {} of generation {} is out of order", e.candidate,
                    e.generation);
    }
  }

  void shots() {
    const std::set<std::string> shots = of(content_.shots);
    for (const Answer& a : of(content_.results.answers))
      expect(!shots.contains(a.input_sha256), "test row {} is one of the shots", a.row);
  }

  void search(const study::Trial& trial) {
    const std::vector<EvaluatedCandidate> evaluations = of(content_.evaluations);
    const Counts& counts = row_.counts;
    expect(std::ssize(evaluations) == counts.evaluations - counts.probes,
           "{} evaluations are recorded, /runs counts {}", evaluations.size(),
           counts.evaluations - counts.probes);
    order(evaluations);
    if (evaluations.empty()) return;
    const long rounds = counts.rounds - (counts.probes > 0 ? 1 : 0);
    expect(evaluations.back().generation + 1 == rounds, "{} rounds are recorded, /runs counts {}",
           evaluations.back().generation + 1, rounds);
    trace(trial, evaluations);
  }

  void trace(const study::Trial& trial, const std::vector<EvaluatedCandidate>& evaluations) {
    const TraceArrays trace = of(content_.traces);
    const Weights weights = of(content_.results.weights);
    expect(trace.evaluations == evaluations.size(), "/trace has {} evaluations, /evaluations {}",
           trace.evaluations, evaluations.size());
    expect(weights.empty() || trace.modules == weights.size(), "/trace has {} modules, /weights {}",
           trace.modules, weights.size());
    if (trace.evaluations != evaluations.size() || trace.modules != weights.size()) return;
    for (size_t e = 0; e < evaluations.size(); ++e)
      expect(same_loss(trace.losses[e], evaluations[e].loss), "evaluation {} has two losses", e);
    const search::Trace course = course_of(evaluations, trace);
    repeated(trial, course);
    const Replay again = reads("search.method") ? replay(trial, course) : Replay{};
    if (again.departure)
      expect(false, "the search asks for other candidates than those of generation {}",
             *again.departure);
    if (trace.state.steps > 0 && !again.departure)
      expect(trace.state == state_of(again.drawn_from),
             "sigma, mean or axis_ratio in /trace are not those of the search");
    if (trial.search.recommend == study::Recommend::mean)
      mean(trial, course);
    else
      best(trial, evaluations, trace);
  }

  // Candidates of equal weights have equal losses, in delta evaluation where their moves count from
  // the same point, too, and that of w = 0 stands in /runs. A program may answer twice in two ways,
  // and runs that leave out other shots do.
  void repeated(const study::Trial& trial, const search::Trace& course) {
    if (trial.loss == study::LossKind::ask || trial.held_out > 0) return;
    const bool by_moves = study::exact(trial.precision) != trial.precision;
    std::map<std::pair<std::vector<double>, std::vector<double>>, double> seen;
    std::optional<double> at_zero;
    size_t e = 0;
    for (const search::Generation& each : course.generations) {
      const search::Population asked =
          by_moves ? search::with_centres(each.population, trial.search) : each.population;
      for (int p = 0; p < asked.size(); ++p, ++e) {
        const auto weights = asked.row(p), centre = asked.centre(p);
        const double loss = each.losses[static_cast<size_t>(p)];
        const auto [first, fresh] = seen.try_emplace(
            {{weights.begin(), weights.end()}, {centre.begin(), centre.end()}}, loss);
        expect(fresh || same_loss(first->second, loss),
               "evaluation {} has the loss {}, equal weights had {}", e, loss, first->second);
        const bool is_zero = std::ranges::all_of(weights, [](double w) { return w == 0; });
        if (is_zero && !at_zero) at_zero = loss;
      }
    }
    const double expected = at_zero.value_or(std::nan(""));
    expect(same_loss(row_.zero_loss, expected), "zero_loss is {}, w = 0 had {}", row_.zero_loss,
           expected);
  }

  void best(const study::Trial& trial, const std::vector<EvaluatedCandidate>& evaluations,
            const TraceArrays& trace) {
    const bool computed_again = study::exact(trial.precision) != trial.precision;
    const double loss = computed_again ? least(evaluations) : row_.best_loss;
    expect(same_loss(least(evaluations), loss), "best_loss is {}, the least loss is {}", loss,
           least(evaluations));
    const Weights weights = of(content_.results.weights);
    bool found = std::isnan(loss);
    for (size_t e = 0; e < trace.evaluations; ++e) {
      const auto tried = trace.weights.begin() + static_cast<long>(e * trace.modules);
      found |= same_loss(trace.losses[e], loss) &&
               std::equal(weights.begin(), weights.end(), tried,
                          [](const auto& w, double t) { return w.second == t; });
    }
    expect(found, "its weights are not those of the least loss");
  }

  void mean(const study::Trial& trial, const search::Trace& course) {
    const int dim = course.generations.front().population.dim;
    const std::vector<double> mean = search::recommended_mean(
        course, trial.search.runs, search::generation_size(trial.search, dim));
    expect(std::ranges::equal(of(content_.results.weights), mean, std::equal_to<>(),
                              [](const auto& w) { return w.second; }),
           "its weights are not the mean of the last generation's better half");
  }

  // The loss that was reported is that of the shots, with the penalty of the weights.
  void losses(const study::Trial& trial, const LossOf& loss_of) {
    const ShotLosses shots = of(content_.shot_losses);
    if (shots.sums.empty()) return;
    std::vector<double> weights;
    for (const auto& [module, weight] : of(content_.results.weights)) weights.push_back(weight);
    const double loss = loss_of(trial, weights, shots.sums, shots.tokens);
    if (std::isfinite(loss) && std::isfinite(row_.best_loss))
      expect(std::abs(loss - row_.best_loss) <= kLossTolerance * std::max(1.0, std::abs(loss)),
             "best_loss is {}, its shots give {}", row_.best_loss, loss);
    if (std::isfinite(loss)) lower_bound(trial, loss_of, shots);
  }

  // Cross entropies are not negative, so that no loss is below its penalty.
  void lower_bound(const study::Trial& trial, const LossOf& loss_of, const ShotLosses& shots) {
    const TraceArrays trace = of(content_.traces);
    const std::vector<double> nothing(shots.sums.size());
    for (size_t e = 0; e < trace.evaluations; ++e) {
      const auto tried = std::span(trace.weights).subspan(e * trace.modules, trace.modules);
      const double least = loss_of(trial, tried, nothing, shots.tokens);
      expect(!(trace.losses[e] < least - kLossTolerance),
             "the loss of evaluation {} is {}, its penalty alone is {}", e, trace.losses[e], least);
    }
  }

  void bounds(const study::Trial& trial) {
    if (!reads("search.bound")) return;
    const double limit = trial.search.bound;
    for (const auto& [module, weight] : of(content_.results.weights))
      expect(std::abs(weight) <= limit, "the weight {} of module {} is beyond the bound {}", weight,
             module, limit);
    for (const double weight : of(content_.traces).weights)
      expect(std::abs(weight) <= limit, "a weight {} was tried beyond the bound {}", weight, limit);
  }

  const CheckedContent& content_;
  const ResultRow& row_;
  Problems& problems_;
};

}  // namespace

void check_trial(const CheckedContent& content, const ResultRow& row, const TaskRules& rules,
                 Problems& problems) {
  TrialCheck(content, row, problems).run(rules);
}

}  // namespace lorahub::store
