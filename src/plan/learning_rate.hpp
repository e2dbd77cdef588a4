// What methods that train take of a trial beside its knobs' own values.
#pragma once

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

// Error where the trial's method can't train with its settings.
void check_training(const study::Trial& trial);

// The trial's learning rate, or its method's default.
double learning_rate(const study::Trial& trial);

}  // namespace lorahub::plan
