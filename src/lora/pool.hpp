// The modules of one trial, resident in f32, and how P weight vectors become one adapter.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "lora/library.hpp"
#include "model/adapter.hpp"
#include "model/architecture.hpp"
#include "study/compositions.hpp"

namespace lorahub::study {
struct ModulesDraw;
}

namespace lorahub::lora {

struct Pool {
  std::vector<std::string> names;             // [N]
  std::vector<int> slots;                     // linear layers that some module adapts: the places
  std::vector<std::vector<int64_t>> ranks;    // [places][N], 0 where the module has no such place
  std::vector<std::vector<double>> scalings;  // [places][N], alpha/r, 0 likewise
  at::Tensor flat;               // f32. Equal ranks: [N, D], rows maybe apart. Mixed ranks: [D]
  std::vector<at::Tensor> a, b;  // by place: views of `flat`, [N, r, in], [N, out, r], zero where
                                 // the module has no such place (mixed ranks, product only:
                                 // [sum r, in], [out, sum r])
  std::string origin;            // what the values follow from (Module::origin); empty: not known
  int slot_count = 0;            // of the network
  int size() const { return static_cast<int>(names.size()); }
  bool mixed() const;  // ranks differ at a place
};

// Factors of one module at one place (an index in `slots`), as views.
Factors factors(const Pool& pool, int module, int place);

// Stacks modules; a layer that only some of them adapt is a place of all, zero for the others. On
// the CPU nothing is copied where the modules' files are alike (f32 safetensors of the same
// tensors: the files are the rows of `flat`); else the ranks of a node share the copy, where the
// modules' origin is known. Error for an empty list, a name given twice.
Pool stack(const std::vector<Module>& modules, const model::Architecture& base, base::Device device,
           int threads = 1);

// Names for the trial: those given, or `count` drawn from the library as random.sample does
// (seed.modules).
std::vector<std::string> pick(const std::filesystem::path& library, const study::ModulesDraw& draw,
                              uint64_t seed);

// Gaussian modules, one stream per (seed, module name, place), each A and BA scaled to the norms of
// the real ones.
Pool random_like(const Pool& pool, uint64_t seed);

// N modules of rank 16, alpha 32, on q and v of every attention: Gaussian, each about 3 % of the
// norm of a weight (model::random_model's). For measurements.
Pool random_pool(const model::Architecture& architecture, int modules, base::Device device);

class Mixer;

// Composes many populations of one pool: what does not depend on the weights is made once. The pool
// must outlive it. Calls from several threads at once are fine.
class Composer {
 public:
  // Error where the modules do not fit the composition: factor needs equal ranks and scalings at
  // each place (it says which modules differ), PEFT's need equal ranks, arrow one shape.
  Composer(const Pool& pool, const study::MixingRule& rule, at::ScalarType dtype);

  int size() const { return pool_.size(); }  // N

  // Weights [P, N] row-major -> one adapter for P candidates: one GEMM in f32 over all places,
  // rounded once. Error for a weight that is not finite.
  model::Adapter operator()(std::span<const double> weights) const;

  // The same in two steps: matrix() copies the weights to a tensor [P, N], f32, in host memory; the
  // other takes such a tensor on the pool's device, is differentiable and does not wait for the
  // device.
  at::Tensor matrix(std::span<const double> weights) const;
  model::Adapter operator()(const at::Tensor& weights) const;

  // As Mixer::scaling (mixer.hpp).
  double scaling(size_t place) const;

 private:
  const Pool& pool_;
  std::shared_ptr<const Mixer> mixer_;
};

// Weights [P, N] row-major -> one adapter for P candidates, by a Composer used once.
model::Adapter compose(const Pool& pool, std::span<const double> weights,
                       const study::MixingRule& rule, at::ScalarType dtype);

// The composed adapter as one module: factor and PEFT's keep rank r, product has rank sum r (of the
// modules that adapt the place). For PEFT folders. Error for arrow, which is no adapter.
Module composed_module(const Pool& pool, std::span<const double> weights,
                       const study::MixingRule& rule);

}  // namespace lorahub::lora
