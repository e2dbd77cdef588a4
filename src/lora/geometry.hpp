// Lengths and angles of what modules add to the weights. BA is never formed: every inner product
// follows from small Gram matrices, <B A, D C> = sum of (B^T D) * (A C^T). In f64.
#pragma once
#include <functional>
#include <vector>

#include "lora/library.hpp"

namespace lorahub::lora {

double inner(const Factors& x, const Factors& y);  // <Bx Ax, By Ay>, without alpha/r

struct Norms {
  double a = 0, b = 0;  // over all places together (Frobenius)
  double product = 0;   // of what is added, alpha/r B A
};
Norms norms(const Module& module);

// Cosine between what modules add, over all places together (a place that a module does not adapt
// is zero): [N][N]. 0 with a module that adds nothing.
// `between` is called now and then, and ends the work by an exception.
std::vector<std::vector<double>> cosines(
    const std::vector<Module>& modules, const std::function<void()>& between = [] {});

// |x - y| / |x| of what two modules add.
double relative_difference(const Module& x, const Module& y);

}  // namespace lorahub::lora
