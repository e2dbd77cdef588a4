#include "objective/logo.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::objective {
namespace {

// The place of the layer in the pool. Error where a module does not adapt it.
size_t place_of_layer(const lora::Pool& pool, const model::Architecture& architecture, int slot) {
  const auto found = std::ranges::find(pool.slots, slot);
  const auto place = static_cast<size_t>(found - pool.slots.begin());
  for (size_t i = 0; i < pool.names.size(); ++i)
    base::check(found != pool.slots.end() && pool.ranks[place][i] > 0,
                "method logo: module '{}' does not adapt {} (a module is weighed by what it adds "
                "there), leave it out or use another method",
                pool.names[i], architecture.linears()[static_cast<size_t>(slot)].name);
  return place;
}

double inverse_entropy(const at::Tensor& x) {
  const at::Tensor shares = at::softmax(x, -1);
  return 1 / (-(shares * (shares + 1e-8).log()).sum().item<double>() + 1e-6);
}

}  // namespace

LogoWeights::LogoWeights(const LoadedModel& loaded, const lora::Pool& pool,
                         const study::InputMixing& how)
    : loaded_(loaded),
      pool_(pool),
      how_(how),
      place_(place_of_layer(pool, loaded.model->architecture(),
                            loaded.model->architecture().last_query_slot())),
      all_(lora::compose(pool, std::vector<double>(pool.names.size(), 1),
                         study::Composition::product, loaded.dtype())) {}

std::vector<double> LogoWeights::operator()(const std::string& prompt) const {
  return in_proportion(signals(loaded_.tokenizer->encode(prompt)));
}

std::vector<double> LogoWeights::signals(const model::Ids& prompt) const {
  const c10::InferenceMode inference;
  const at::Tensor state = loaded_.model->prompt_state(all_, prompt);
  std::vector<double> signals;
  for (int i = 0; i < pool_.size(); ++i) signals.push_back(signal(i, state));
  return signals;
}

double LogoWeights::signal(int module, const at::Tensor& state) const {
  const lora::Factors low = lora::factors(pool_, module, static_cast<int>(place_));
  const double scaling = pool_.scalings[place_][static_cast<size_t>(module)];
  const at::Tensor added = low.b.mv(low.a.mv(state)).to(at::kCPU, at::kDouble) * scaling;
  return how_.signal == study::InputSignal::norm ? added.norm().item<double>()
                                                 : inverse_entropy(added);
}

std::vector<double> LogoWeights::in_proportion(const std::vector<double>& signals) const {
  const std::vector<size_t> chosen = places_of_largest(signals, how_.modules);
  double sum = 0;
  for (const size_t i : chosen) sum += signals[i];
  std::vector<double> weights(signals.size());
  for (const size_t i : chosen) weights[i] = sum == 0 ? 0 : signals[i] / sum;
  return weights;
}

}  // namespace lorahub::objective
