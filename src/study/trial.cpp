#include "study/trial.hpp"

namespace lorahub::study {

bool uses_modules(Method method) {
  switch (method) {
    case Method::lorahub:
    case Method::best_single:
    case Method::uniform:
    case Method::random_lora:
    case Method::gradient:
      return true;
    default:
      return false;
  }
}

bool uses_search(Method method) {
  return method == Method::lorahub || method == Method::random_lora;
}

bool trains(Method method) {
  return method == Method::lora_tuning || method == Method::ia3 || method == Method::full ||
         method == Method::gradient;
}

Precision exact(Precision precision) {
  const bool delta = precision == Precision::delta_bf16 || precision == Precision::delta_int8;
  return delta ? Precision::f32 : precision;
}

bool uses_shots(Method method) { return method != Method::zero_shot && method != Method::uniform; }

bool retrieves_by_shots(const Trial& trial) {
  return uses_modules(trial.method) &&
         (trial.retrieve.by == RetrieveBy::probe || trial.retrieve.by == RetrieveBy::text);
}

}  // namespace lorahub::study
