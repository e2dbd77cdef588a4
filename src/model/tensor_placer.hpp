// Puts the tensors of weight files into a network, each checked and on its device.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/weights.hpp"
#include "model/named_tensor.hpp"
#include "model/placement.hpp"

namespace lorahub::model {

// Takes tensors out of a file by name and checks them; numbers the linear layers as it goes.
class TensorPlacer {
 public:
  TensorPlacer(const checkpoint::Tensors& weights, Placement placement, Share share = {});

  bool has(const std::string& name) const { return weights_.contains(name); }
  // Takes a tensor by name and checks its shape, not yet its values.
  at::Tensor take(const std::string& name, at::IntArrayRef shape);
  // Returns a tensor that was taken on the network's device in this type, without a copy where both
  // are right already: mapped files stay mapped.
  at::Tensor placed(const std::string& name, const at::Tensor& tensor, at::ScalarType dtype);
  // take() and placed() for a tensor that is neither embedding nor head. Norms and biases stay in
  // f32.
  void place(const NamedTensor& named);
  int next_slot() { return slot_++; }

  const Placement& placement() const { return placement_; }
  const std::vector<SharedTensor>& tensors() const { return tensors_; }

  // Refuses tensors that nothing has taken, since they would be skipped, but for names that
  // transformers ignores, too. `kind` says what has no place for them ("T5").
  void check_all_used(const std::function<bool(const std::string& name)>& is_ignored,
                      const std::string& kind) const;
  // Checks the values of this rank's part, by `threads` threads.
  void check_values(int threads) const;

 private:
  int next_owner(int64_t bytes);

  const checkpoint::Tensors& weights_;
  Placement placement_;
  Share share_;
  std::vector<int64_t> bytes_;  // by part
  std::vector<SharedTensor> tensors_;
  std::vector<std::pair<std::string, at::Tensor>> own_;  // by name: this part's
  std::set<std::string> used_;                           // names in weights_
  int slot_ = 0;
};

// Error where there is no GPU for cuda.
void check_device(Placement placement);

// Calls `load`, and adds the folder's name to errors that do not name it.
void in_folder(const std::filesystem::path& folder, const std::function<void()>& load);

// Reads a folder's weights with their matrices as `dtype`, in memory that the ranks of a node share
// where that takes a conversion. `origin` becomes the identity of the files (base::file_identity).
// base::Interrupted where the files were replaced meanwhile.
checkpoint::Tensors read_weights_as(const std::filesystem::path& folder,
                                    checkpoint::Conversion conversion, std::string& origin);

}  // namespace lorahub::model
