// Delta evaluation: candidates of a search differ little from a centre, which is the base model, or
// a mixture in the middle of them. A linear layer's output is therefore the exact one y0 of the
// centre's own pass, plus the difference of the inputs times the weights, both rounded to a type
// that multiplies faster: y = y0 + Q(W) Q(x - x0). The rounding error follows |x - x0|, not |x|.
// For a network in f32; attention, adapters, norms and the head stay f32.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/device.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model::delta {

// Inputs [1, rows, in] of the linear layers in the centre's pass over some examples, and their
// products with the weights [1, rows, out], without what adapters add, by slot.
struct Trajectory {
  struct LinearActivations {
    at::Tensor x0, y0;
  };
  std::map<int, LinearActivations> places;
};
// Records the trajectory of the centre's pass. `pass` computes the pass and multiplies by the
// Products that it is given.
Trajectory trajectory(const std::function<void(const tensor::Products& by)>& pass);

// The layers that are computed so, as the family of the model names them.
using DeltaLayers = std::vector<const tensor::Linear*>;

// The weights of some layers in a narrower type.
class NarrowWeights {
 public:
  virtual ~NarrowWeights() = default;
  // The products for one pass of one thread over the trajectory's examples, in their order.
  virtual std::unique_ptr<tensor::Products> products(const Trajectory& base) const = 0;
};
std::shared_ptr<const NarrowWeights> bf16_weights(const DeltaLayers& layers, int threads = 1);
// Numbers that are far larger than the others of a row make the steps of its bytes wide. Where a
// network has such inputs, inputs and weights are multiplied by one Hadamard matrix before they are
// rounded, which their product does not notice, and which spreads such a number over many (QuaRot,
// Ashkboos et al. 2024, arXiv 2404.00456). Products that are added to a sum then take their inputs
// as two bytes.
struct Int8Form {
  int threads = 1;
  bool outlying_inputs = false;
};
std::shared_ptr<const NarrowWeights> int8_weights(const DeltaLayers& layers,
                                                  const Int8Form& form = {});
// Error where int8 is not multiplied exactly: no AVX512-VNNI, or a GPU.
void check_int8(base::Device device);

}  // namespace lorahub::model::delta
