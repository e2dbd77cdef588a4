#include "study/trial.hpp"

namespace lorahub::study {

bool retrieves_by_shots(const Trial& trial) {
  return uses_modules(trial.method) &&
         (trial.retrieve.by == RetrieveBy::probe || trial.retrieve.by == RetrieveBy::text);
}

}  // namespace lorahub::study
