#include "store/validity.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "study/knobs.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

constexpr std::string_view kHexadecimal = "0123456789abcdef";

bool is_hexadecimal(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of(kHexadecimal) == text.npos;
}

bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

bool none_or(size_t wanted, size_t size) { return size == 0 || size == wanted; }

template <class List>
bool has_twice(List values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) != values.end();
}

// Bytes that were not UTF-8 were recorded as U+FFFD, while the id was computed from the bytes.
bool ids_agree(const Record& r) {
  const bool lossy = std::ranges::any_of(r.knobs, [](const auto& knob) {
    return knob.second.find("\xEF\xBF\xBD") != std::string::npos;
  });
  return lossy || study::id_of_columns(r.knobs) == r.trial;
}

std::string of_knobs(const Record& r) {
  std::vector<std::string> names;
  for (const auto& [name, value] : r.knobs) names.push_back(name);
  if (has_twice(names)) return "a knob is named twice";
  for (const std::string& name : names)
    if (study::find_knob(name) == nullptr) return base::format("'{}' is no knob", name);
  return "";
}

std::string of_lists(const Record& r) {
  const size_t shots = r.shot_rows.size();
  if (!none_or(shots, r.shot_tokens.size()) || !none_or(shots, r.shot_sha256.size()) ||
      !none_or(shots, r.shot_sums.size()))
    return base::format("its lists of shots are of different lengths ({}, {}, {}, {})", shots,
                        r.shot_tokens.size(), r.shot_sha256.size(), r.shot_sums.size());
  if (!none_or(r.modules.size(), r.weights.size()))
    return base::format("it has {} weights for {} modules", r.weights.size(), r.modules.size());
  if (!std::ranges::all_of(r.shot_sha256, is_sha256)) return "the hash of a shot is no SHA-256";
  return "";
}

std::string of_rows(const Record& r) {
  std::vector<int> rows;
  for (const Answer& a : r.answers) rows.push_back(a.row);
  if (has_twice(rows)) return "a test row is answered twice";
  rows.insert(rows.end(), r.dropped_rows.begin(), r.dropped_rows.end());
  if (has_twice(rows)) return "a test row is left out twice, or left out and answered";
  if (has_twice(r.shot_rows)) return "a shot is named twice";
  return "";
}

std::string of_answers(const Record& r) {
  if (const std::string wrong = of_rows(r); !wrong.empty()) return wrong;
  for (const Answer& a : r.answers)
    if (!a.input_sha256.empty() && !is_sha256(a.input_sha256))
      return base::format("the hash of test row {} is no SHA-256", a.row);
  const auto hits = static_cast<double>(std::ranges::count_if(r.answers, &Answer::hit));
  const double accuracy =
      r.answers.empty() ? 0 : 100.0 * hits / static_cast<double>(r.answers.size());
  if (!(std::abs(accuracy - r.accuracy) <= kPercentTolerance))
    return base::format("its accuracy is {}, its answers give {}", r.accuracy, accuracy);
  return "";
}

std::string of_search(const Record& r) {
  long evaluations = 0;
  for (const search::Generation& g : r.generations) {
    if (const std::string wrong = contradiction(g); !wrong.empty()) return wrong;
    if (g.population.dim != r.generations.front().population.dim)
      return "its generations have different numbers of weights";
    evaluations += static_cast<long>(g.losses.size());
  }
  if (!r.generations.empty() &&
      !none_or(static_cast<size_t>(r.generations[0].population.dim), r.weights.size()))
    return base::format("it has {} weights, its generations {}", r.weights.size(),
                        r.generations[0].population.dim);
  if (evaluations != r.counts.evaluations - r.counts.probes)
    return base::format("it counts {} evaluations and {} probes, and records {} candidates",
                        r.counts.evaluations, r.counts.probes, evaluations);
  return "";
}

std::string of_numbers(const Record& r) {
  if (!all_finite(r.weights)) return "a weight is not a finite number";
  for (const double seconds : {r.timing.load, r.timing.search, r.timing.answer})
    if (!std::isfinite(seconds) || seconds < 0) return "its seconds are no duration";
  for (const double loss : {r.best_loss, r.zero_loss})
    if (loss == -std::numeric_limits<double>::infinity()) return "a loss is minus infinity";
  return "";
}

}  // namespace

bool is_trial_id(std::string_view text) {
  constexpr size_t kDigits = 16;
  return is_hexadecimal(text, kDigits);
}

bool is_sha256(std::string_view text) {
  constexpr size_t kDigits = 64;
  return is_hexadecimal(text, kDigits);
}

std::string contradiction(const Header& header) {
  constexpr size_t kMostDigits = 9;
  const std::vector<std::string>& planned = header.planned;
  if (has_twice(planned)) return "a trial is planned twice";
  if (!std::ranges::all_of(planned, is_trial_id)) return "a planned trial is no id of a trial";
  const auto found = header.environment.find("trials");
  if (found == header.environment.end()) return "";
  const std::string& text = found->second;
  const bool digits = !text.empty() && text.size() <= kMostDigits &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return base::format("'{}' is no number of trials", text.substr(0, 40));
  if (planned.empty() || std::stoul(text) == planned.size()) return "";
  return base::format("it names {} planned trials where it counts {}", planned.size(), text);
}

std::string contradiction(const Inputs& inputs) {
  for (const auto& [name, hash] : inputs)
    if (!is_sha256(hash)) return base::format("the hash of {} is no SHA-256", name);
  return "";
}

std::string contradiction(const search::Generation& generation) {
  const auto& [population, losses, faults, gradient] = generation;
  if (population.dim < 1 || losses.empty()) return "a generation has no candidates";
  if (population.weights.size() % losses.size() != 0 ||
      population.weights.size() / losses.size() != static_cast<size_t>(population.dim))
    return base::format("a generation has {} weights for {} losses of {} modules",
                        population.weights.size(), losses.size(), population.dim);
  if (!all_finite(population.weights)) return "a candidate's weight is not a finite number";
  if (std::ranges::count(losses, -std::numeric_limits<double>::infinity()) > 0)
    return "a loss is minus infinity";
  std::set<int> named;
  for (const search::Fault& fault : faults)
    if (fault.candidate < 0 || fault.candidate >= std::ssize(losses) ||
        !named.insert(fault.candidate).second ||
        std::isfinite(losses[static_cast<size_t>(fault.candidate)]))
      return base::format("candidate {} is said to have no loss, and has one, or is not there",
                          fault.candidate);
  if (!gradient.empty() && (losses.size() != 1 || gradient.size() != population.weights.size()))
    return base::format("a gradient of {} numbers belongs to {} candidates of {} modules",
                        gradient.size(), losses.size(), population.dim);
  if (!all_finite(gradient)) return "a gradient is not finite";
  return "";
}

std::string contradiction(const Record& record) {
  if (!ids_agree(record))
    return base::format("its knobs are those of trial {}", study::id_of_columns(record.knobs));
  for (const auto check : {of_knobs, of_lists, of_answers, of_search, of_numbers})
    if (std::string wrong = check(record); !wrong.empty()) return wrong;
  return "";
}

}  // namespace lorahub::store
