#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

ChooseWeights method(study::Method method) {
  using enum study::Method;
  switch (method) {
    case zero_shot:
    case icl:
      return base_model;
    case uniform:
      return run::uniform;
    case best_single:
      return run::best_single;
    case lorahub:
    case random_lora:
      return searched;
    case lora_tuning:
    case ia3:
    case full:
    case gradient:
      break;
  }
  return trained;
}

}  // namespace lorahub::run
