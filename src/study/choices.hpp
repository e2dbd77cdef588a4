// What the knobs of a trial choose from, and the words of YAML and of result files for it. It
// stands apart from the trial itself (trial.hpp), so that what deals with a choice alone does not
// depend on every knob.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::study {

enum class Composition {
  factor,           // (sum w_i B_i)(sum w_j A_j) alpha/r: the official one
  product,          // sum w_i (alpha_i/r_i) B_i A_i
  linear,           // PEFT's: as factor, with the roots of the weights
  magnitude_prune,  // the same of the largest values of each A and B
  ties,             // the same, of modules that agree in the sign of a value (Yadav et al. 2023)
  dare_linear,      // linear of values drawn at random (Yu et al. 2024)
  dare_ties,        // both
  svd,              // product, cut to a rank
  arrow             // product, modules chosen for each token (Ostapenko et al. 2024)
};
// What compositions read besides the weights (compositions.hpp says which reads what).
struct CompositionSettings {
  double density = 0.2;    // share of the values of each A and B that is kept
  int rank = 0;            // svd: of the mixture; 0: the largest of the modules
  int experts = 3;         // arrow: modules that a token takes part of
  double temperature = 1;  // arrow: similarities are divided by it before their softmax

  bool operator==(const CompositionSettings&) const = default;
};

enum class LossKind {
  official,      // CE sum / tokens / examples (all examples are one batch)
  token_mean,    // CE sum / tokens
  example_mean,  // mean over examples of CE sum / tokens
  accuracy,      // 1 - the share of shots answered right, ties broken by `official`
  similarity,    // 1 - the mean chrF of the answers, ties broken by `official`
  ask            // what a program of the user's says (run/lead/asked_loss.hpp)
};
bool reads_answers(LossKind kind);  // greedy answers of the shots (objective/loss_kinds.hpp)
// Returns the kind itself where it is computed of cross-entropies alone, else `official`: a
// training has no other gradient.
LossKind of_entropies(LossKind kind);

// Mean of |w| (official), its sum (the paper's text), sum of w^2.
enum class PenaltyKind { l1_mean, l1_sum, l2, none };
struct Penalty {
  PenaltyKind kind = PenaltyKind::l1_mean;
  double weight = 0.05;

  bool operator==(const Penalty&) const = default;
};

enum class SearchMethod { cma, official, random };
// How the mixing weights follow their gradient: Adam, or BFGS (search/bfgs.hpp).
enum class Descent { adam, bfgs };
// The candidate of least loss, or the mean of the last generation's better half
// (search/recommend.hpp).
enum class Recommend { best, mean };
// delta_*: f32, but the candidates of a search are compared by delta evaluation
// (model/delta/delta.hpp).
enum class Precision { f32, bf16, delta_bf16, delta_int8 };
Precision exact(Precision precision);  // the precision of the losses that are reported
enum class Engine { fast, reference };
// The greedy answer, or the likeliest of the options listed in the prompt.
enum class Scoring { generate, options };

// By what the method logo weighs a module for an input: the length of what the module adds to it,
// or the inverse entropy of that (objective/input_weights.hpp).
enum class InputSignal { norm, entropy };
// How the methods that weigh each input by itself do so.
struct InputMixing {
  int modules = 0;  // of each input; 0: the method's own (methods.hpp), at most all that there are
  InputSignal signal = InputSignal::norm;

  bool operator==(const InputMixing&) const = default;
};

// Which labels the shots have: their own, or each that of the next one, a control for what labels
// tell beside their form (Min et al. 2022).
enum class Labels { given, shuffled };

// How the candidates are narrowed before the search.
enum class RetrieveBy {
  none,
  probe,       // least loss on the shots, each module alone
  similarity,  // most different from each other in what they add
  text,        // cards and names nearest to the task's name and shots
  norm,        // the longest in what they add
  slope        // of which a little lowers the loss on the shots most
};

// The words of an enumeration, in its order.
template <class Enum>
const std::vector<std::string>& words();
template <>
const std::vector<std::string>& words<Composition>();
template <>
const std::vector<std::string>& words<LossKind>();
template <>
const std::vector<std::string>& words<PenaltyKind>();
template <>
const std::vector<std::string>& words<SearchMethod>();
template <>
const std::vector<std::string>& words<Descent>();
template <>
const std::vector<std::string>& words<Recommend>();
template <>
const std::vector<std::string>& words<Precision>();
template <>
const std::vector<std::string>& words<Engine>();
template <>
const std::vector<std::string>& words<Scoring>();
template <>
const std::vector<std::string>& words<InputSignal>();
template <>
const std::vector<std::string>& words<Labels>();
template <>
const std::vector<std::string>& words<RetrieveBy>();

template <class Enum>
const std::string& name(Enum value) {
  return words<Enum>()[static_cast<size_t>(value)];
}

// The place of a word in a list; Error naming the nearest word and all of them. `what`: the knob,
// for the message.
size_t place_of(std::string_view word, std::string_view what, const std::vector<std::string>& list);

// The value a word stands for; Error likewise.
template <class Enum>
Enum parse(std::string_view word, std::string_view what) {
  return static_cast<Enum>(place_of(word, what, words<Enum>()));
}

}  // namespace lorahub::study
