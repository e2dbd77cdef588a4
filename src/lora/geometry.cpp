#include "lora/geometry.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace lorahub::lora {

namespace {

at::Tensor f64(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kDouble); }

// <x, y> of what both add.
double inner(const Module& x, const Module& y) {
  double sum = 0;
  for (const auto& [slot, factors] : x.slots) {
    const auto other = y.slots.find(slot);
    if (other == y.slots.end()) continue;
    sum += x.scaling(slot) * y.scaling(slot) * inner(factors, other->second);
  }
  return sum;
}

// The difference of what x and y add, s B A - t D C, as one pair of factors: b = [sB, -tD] and a =
// [A; C].
Factors difference(const Module& x, const Module& y, int slot) {
  std::vector<at::Tensor> a, b;
  const auto add = [&](const Module& module, double sign) {
    const auto found = module.slots.find(slot);
    if (found == module.slots.end()) return;
    a.push_back(f64(found->second.a));
    b.push_back(f64(found->second.b) * (sign * module.scaling(slot)));
  };
  add(x, 1);
  add(y, -1);
  return {.a = at::cat(a, 0), .b = at::cat(b, 1)};
}

// By QR of both factors: no cancellation between large terms.
double length(const Factors& factors) {
  const at::Tensor right = std::get<1>(at::linalg_qr(factors.a.t()));  // [r, r]
  const at::Tensor left = std::get<1>(at::linalg_qr(factors.b));
  return left.matmul(right.t()).norm().item<double>();
}

// Adds the inner products of what the modules add in a slot, of each with those before it and with
// itself: one product of matrices a module, since small ones would take longer.
void add_products(const std::vector<Module>& modules, int slot,
                  const std::function<void()>& between, std::vector<std::vector<double>>& sums) {
  std::vector<size_t> owners;  // of the rows, a module's next to each other
  std::vector<at::Tensor> a, b;
  for (size_t i = 0; i < modules.size(); ++i) {
    const auto found = modules[i].slots.find(slot);
    if (found == modules[i].slots.end()) continue;
    a.push_back(f64(found->second.a));
    b.push_back(f64(found->second.b).t() * modules[i].scaling(slot));
    owners.insert(owners.end(), static_cast<size_t>(a.back().size(0)), i);
  }
  const at::Tensor all_a = at::cat(a, 0), all_b = at::cat(b, 0);
  int64_t rows = 0;  // of the modules until this one
  for (size_t k = 0; k < a.size(); ++k) {
    between();
    rows += a[k].size(0);
    const at::Tensor products =
        (a[k].matmul(all_a.narrow(0, 0, rows).t()) * b[k].matmul(all_b.narrow(0, 0, rows).t()))
            .sum(0);
    const double* product = products.const_data_ptr<double>();
    for (int64_t row = 0; row < rows; ++row)
      sums[owners[static_cast<size_t>(rows - 1)]][owners[static_cast<size_t>(row)]] += product[row];
  }
}

}  // namespace

double inner(const Factors& x, const Factors& y) {
  const at::Tensor left = f64(x.b).t().matmul(f64(y.b)), right = f64(x.a).matmul(f64(y.a).t());
  return (left * right).sum().item<double>();
}

Norms norms(const Module& module) {
  double a = 0, b = 0;
  for (const auto& [slot, factors] : module.slots) {
    a += f64(factors.a).square().sum().item<double>();
    b += f64(factors.b).square().sum().item<double>();
  }
  return {.a = std::sqrt(a),
          .b = std::sqrt(b),
          .product = std::sqrt(std::max(inner(module, module), 0.0))};
}

std::vector<std::vector<double>> cosines(const std::vector<Module>& modules,
                                         const std::function<void()>& between) {
  const size_t n = modules.size();
  std::vector<std::vector<double>> result(n, std::vector<double>(n, 0));
  std::set<int> slots;
  for (const Module& module : modules)
    for (const auto& [slot, factors] : module.slots) slots.insert(slot);
  for (const int slot : slots) add_products(modules, slot, between, result);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < i; ++j) result[j][i] = result[i][j];
  std::vector<double> lengths;
  for (size_t i = 0; i < n; ++i) lengths.push_back(std::sqrt(std::max(result[i][i], 0.0)));
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      const double both = lengths[i] * lengths[j];
      result[i][j] = both > 0 ? std::clamp(result[i][j] / both, -1.0, 1.0) : 0;
    }
  return result;
}

double relative_difference(const Module& x, const Module& y) {
  double left = 0, whole = 0;
  std::map<int, Factors> all = x.slots;
  all.insert(y.slots.begin(), y.slots.end());
  for (const auto& [slot, unused] : all) {
    left += std::pow(length(difference(x, y, slot)), 2);
    if (x.slots.contains(slot)) whole += std::pow(length(difference(x, {}, slot)), 2);
  }
  return whole > 0 ? std::sqrt(left / whole) : 0;
}

}  // namespace lorahub::lora
