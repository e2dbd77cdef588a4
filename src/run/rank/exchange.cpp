#include "run/rank/exchange.hpp"

namespace lorahub::run {

void exchange_tensors(const std::vector<model::SharedTensor>& tensors, workers::Channel& channel) {
  for (const model::SharedTensor& shared : tensors)
    channel.broadcast(shared.tensor.data_ptr(), shared.tensor.nbytes(), shared.owner);
}

}  // namespace lorahub::run
