#include "model/t5/prompt_state.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace lorahub::model::t5 {

at::Tensor prompt_state(const Network& network, const Adapter& adapter, const Ids& prompt) {
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  check_ids(prompt, network.config.vocabulary, "source");
  const LayerInput input =
      pack(network, {prompt}, self_bias(network, Direction::both, std::ssize(prompt)));
  return encode_to_last_block({.network = network, .adapter = adapter}, input)[0][-1];
}

}  // namespace lorahub::model::t5
