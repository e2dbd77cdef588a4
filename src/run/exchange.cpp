#include "run/exchange.hpp"

namespace lorahub::run {

void exchange_tensors(const std::vector<t5::SharedTensor>& tensors, workers::Channel& channel) {
  for (const t5::SharedTensor& shared : tensors)
    channel.broadcast(shared.tensor.data_ptr(), shared.tensor.nbytes(), shared.owner);
}

}  // namespace lorahub::run
