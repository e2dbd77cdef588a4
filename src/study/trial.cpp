#include "study/trial.hpp"

namespace lorahub::study {

Precision exact(Precision precision) {
  const bool delta = precision == Precision::delta_bf16 || precision == Precision::delta_int8;
  return delta ? Precision::f32 : precision;
}

bool reads_answers(LossKind kind) {
  return kind == LossKind::accuracy || kind == LossKind::similarity;
}

LossKind of_entropies(LossKind kind) {
  return reads_answers(kind) || kind == LossKind::ask ? LossKind::official : kind;
}

bool retrieves_by_shots(const Trial& trial) {
  return uses_modules(trial.method) &&
         (trial.retrieve.by == RetrieveBy::probe || trial.retrieve.by == RetrieveBy::text);
}

}  // namespace lorahub::study
