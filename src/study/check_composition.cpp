#include "study/check_composition.hpp"

#include "base/text.hpp"
#include "study/compositions.hpp"
#include "study/trial.hpp"

namespace lorahub::study {
namespace {

// Of a knob that may have been left to its default: then the error is at the method.
const Value& said(const Values& values, const std::string& knob) {
  const auto found = values.find(knob);
  return found == values.end() ? values.at("method") : found->second;
}

}  // namespace

std::string refusal_of_inputs(Method method, Composition composition) {
  const bool takes = composition == Composition::product ||
                     (composition == Composition::factor && method == Method::retriever);
  if (takes || !weighs_inputs(method)) return "";
  return base::format("method {} has no composition '{}' ({}", name(method), name(composition),
                      method == Method::logo
                          ? "it weighs what modules add to an input), give it product"
                          : "it averages what modules add, or A and B each), give it product (the "
                            "source's mixture) or factor (its fusion)");
}

void check_composition(const Values& values, const Trial& trial) {
  if (!uses_modules(trial.method)) return;
  const CompositionInfo& composed = info(trial.composition);
  const std::string& word = name(trial.composition);
  const bool ours =
      trial.composition == Composition::factor || trial.composition == Composition::product;
  if (trial.method == Method::best_single && !keeps_a_module(trial.composition))
    fail_at(values.at("composition"),
            "method best_single has no composition '{}' (by it a module alone at weight 1 is not "
            "that module), give it one of {}",
            word, base::join(compositions_that_keep_a_module(), ", "));
  if (const std::string why = refusal_of_inputs(trial.method, trial.composition); !why.empty())
    fail_at(said(values, "composition"), "{}", why);
  if (info(trial.method).trains == Trains::mixture && !ours)
    fail_at(values.at("composition"),
            "method {} has no composition '{}' (its gradient is that of factor and of product), "
            "give it one of these",
            name(trial.method), word);
  if (measures_candidates(trial.method) && trial.loss == LossKind::ask && !ours)
    fail_at(values.at("composition"),
            "a program that says losses (loss: ask) is not asked for composition '{}' (it is told "
            "no more of it than the word), give it factor or product",
            word);
  if (composed.mixes == Mixes::routed && trial.precision != exact(trial.precision))
    fail_at(values.at("composition"),
            "composition {} has no precision {} (which module a token takes would be told from "
            "rounded inputs), give it f32 or bf16",
            word, name(trial.precision));
}

}  // namespace lorahub::study
