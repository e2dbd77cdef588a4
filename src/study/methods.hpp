// The methods of a study: one row each, from which identity, costs and the report take what they
// say about a method. A new method is an enumerator and a row here, a file in run/lead/methods, and
// its line in run/lead/methods/methods.hpp.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "study/choices.hpp"
#include "study/required.hpp"

namespace lorahub::study {

// Ways to answer the test rows of a task.
enum class Method {
  zero_shot,
  icl,
  lorahub,
  best_single,
  uniform,
  random_lora,
  lora_tuning,
  ia3,
  full,
  gradient,
  logo,
  retriever
};

// What a method trains by gradient.
enum class Trains {
  nothing,
  mixture,    // the mixing weights
  adapter,    // a new LoRA adapter
  parameters  // of the network, or vectors in it
};

// What a method is in the report. It compares compositions with the roles above them, in this
// order.
enum class ReportRole {
  base,                // the model alone
  null_control,        // a search without anything to find
  average,             // of the modules, without a search
  best_module,         // one module
  examples_in_prompt,  // no training, longer queries
  training,            // on the same examples
  composition,         // what the study is about
  other                // shown, but compared with nothing
};

struct MethodInfo {
  Method method;
  Required word;     // of YAML, result files and the report
  Required meaning;  // one line
  bool uses_modules = false;
  bool uses_shots = true;
  bool uses_search = false;
  bool measures_candidates = false;  // by their loss on the shots: a search, or each module alone
  bool draws = false;                // reads seed.search even without a search that draws
  // Modules that each input is answered by, with weights of its own (objective/input_weights.hpp),
  // where input.modules is 0. 0: one mixture answers all inputs.
  int modules_of_input = 0;
  int passes_over_inputs = 0;  // that it makes with its modules before it answers one
  bool reads_cards = false;    // of the modules
  Trains trains = Trains::nothing;
  double learning_rate = 0;  // of a training whose train.lr is 0
  ReportRole role = ReportRole::other;
  int colour = 0;             // place among the colours of the figures, from 1; 0: behind them
  std::string_view phrase{};  // in a sentence of the report, where the word alone is not enough
};

// In the order of the enumeration.
inline constexpr std::array kMethods = std::to_array<MethodInfo>({
    {.method = Method::zero_shot,
     .word = "zero_shot",
     .meaning = "the base model alone",
     .uses_shots = false,
     .role = ReportRole::base},
    {.method = Method::icl,
     .word = "icl",
     .meaning = "the base model with the shots in the prompt",
     .role = ReportRole::examples_in_prompt,
     .colour = 3},
    {.method = Method::lorahub,
     .word = "lorahub",
     .meaning = "modules mixed by a search on the shots",
     .uses_modules = true,
     .uses_search = true,
     .measures_candidates = true,
     .role = ReportRole::composition,
     .colour = 1},
    {.method = Method::best_single,
     .word = "best_single",
     .meaning = "of the trial's modules the one of least few-shot loss, at weight 1",
     .uses_modules = true,
     .measures_candidates = true,
     .role = ReportRole::best_module,
     .colour = 4,
     .phrase = "the best single module"},
    {.method = Method::uniform,
     .word = "uniform",
     .meaning = "all modules at weight 1/N, or at uniform.weight",
     .uses_modules = true,
     .uses_shots = false,
     .role = ReportRole::average,
     .colour = 9},
    {.method = Method::random_lora,
     .word = "random_lora",
     .meaning = "the search of lorahub on random modules of the same norms: the null control",
     .uses_modules = true,
     .uses_search = true,
     .measures_candidates = true,
     .draws = true,
     .role = ReportRole::null_control,
     .colour = 5,
     .phrase = "the null control random_lora"},
    {.method = Method::lora_tuning,
     .word = "lora_tuning",
     .meaning = "a new LoRA adapter trained on the shots",
     .draws = true,
     .trains = Trains::adapter,
     .learning_rate = 1e-3,  // PEFT's examples
     .role = ReportRole::training,
     .colour = 6},
    {.method = Method::ia3,
     .word = "ia3",
     .meaning = "IA3 vectors trained on the shots",
     .draws = true,
     .trains = Trains::parameters,
     .learning_rate = 3e-3,  // Liu et al. 2022
     .role = ReportRole::training,
     .colour = 8},
    {.method = Method::full,
     .word = "full",
     .meaning = "all parameters of the model trained on the shots",
     .draws = true,
     .trains = Trains::parameters,
     .learning_rate = 3e-4,  // transformers' page on T5
     .role = ReportRole::training,
     .colour = 7},
    {.method = Method::gradient,
     .word = "gradient",
     .meaning = "modules mixed by gradient steps on the mixing weights",
     .uses_modules = true,
     .trains = Trains::mixture,
     .learning_rate = 0.05,
     .role = ReportRole::composition,
     .colour = 2},
    {.method = Method::logo,
     .word = "logo",
     .meaning =
         "for each input the modules that answer it with the strongest signal, weighed by it",
     .uses_modules = true,
     .uses_shots = false,
     .modules_of_input = 20,  // Lee et al. 2026
     .passes_over_inputs = 1,
     .role = ReportRole::average,
     .colour = 10},
    {.method = Method::retriever,
     .word = "retriever",
     .meaning = "for each input the modules whose sample inputs are most like it, at equal weights",
     .uses_modules = true,
     .uses_shots = false,
     .modules_of_input = 3,  // Zhao et al. 2024
     .reads_cards = true,
     .role = ReportRole::average,
     .colour = 11},
});

static_assert(
    [] {
      for (size_t i = 0; i < kMethods.size(); ++i)
        if (static_cast<size_t>(kMethods[i].method) != i) return false;
      return true;
    }(),
    "Every method has one row, in the order of the enumeration.");

constexpr const MethodInfo& info(Method method) { return kMethods.at(static_cast<size_t>(method)); }
const MethodInfo* find_method(std::string_view word);  // null: no method has this word

// What a method reads of a trial, for the identity of a trial and for its cost.
bool uses_modules(Method method);
bool uses_search(Method method);
bool uses_shots(Method method);
bool trains(Method method);               // by gradient
bool measures_candidates(Method method);  // by their loss on the shots
bool mixes_by_gradient(Method method);    // trains the mixing weights
bool weighs_inputs(Method method);        // each input by itself

template <>
const std::vector<std::string>& words<Method>();

}  // namespace lorahub::study
