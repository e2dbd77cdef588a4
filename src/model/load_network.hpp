// How the network of any family is made from the tensors of its files. A family says in a
// NetworkMaker how it reads its configuration and where its tensors go.
#pragma once
#include <filesystem>
#include <string>

#include "checkpoint/weights.hpp"
#include "model/placement.hpp"
#include "model/tensor_placer.hpp"

namespace lorahub::model {

template <class Network, class Config>
struct NetworkMaker {
  Config (*read_config)(const std::filesystem::path& folder);
  Network (*place)(TensorPlacer& placer, const Config& config);
  // Gives layers transposed copies of their weights where that is faster; `origin` names what the
  // weights follow from (tensor/matmul.hpp).
  void (*transpose_weights)(Network& network, const std::string& origin, int threads);
};

template <class Network, class Config>
Network build_network(const NetworkMaker<Network, Config>& by, const Config& config,
                      const checkpoint::Tensors& weights, Placement placement, int threads) {
  check_device(placement);
  TensorPlacer placer(weights, placement);
  Network network = by.place(placer, config);
  placer.check_values(threads);
  return network;
}

template <class Network, class Config>
Network load_network(const NetworkMaker<Network, Config>& by, const std::filesystem::path& folder,
                     Placement placement, int threads) {
  check_device(placement);
  Network network;
  in_folder(folder, [&] {
    const Config config = by.read_config(folder);
    std::string origin;
    const checkpoint::Tensors weights = read_weights_as(folder, {placement.dtype, threads}, origin);
    network = build_network(by, config, weights, placement, threads);
    by.transpose_weights(network, origin, threads);
  });
  return network;
}

template <class Network, class Config>
PartlyLoadedNetwork<Network> load_share_of_network(const NetworkMaker<Network, Config>& by,
                                                   const std::filesystem::path& folder,
                                                   Placement placement, Share share) {
  check_device(placement);
  PartlyLoadedNetwork<Network> loaded;
  in_folder(folder, [&] {
    const Config config = by.read_config(folder);
    const checkpoint::Tensors weights = checkpoint::read_model_weights(folder, {placement.dtype});
    TensorPlacer placer(weights, placement, share);
    loaded.network = by.place(placer, config);
    placer.check_values(1);
    loaded.tensors = placer.tensors();
  });
  return loaded;
}

}  // namespace lorahub::model
