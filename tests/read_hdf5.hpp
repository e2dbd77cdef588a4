// The trials of a result file with their answers and weights.
#pragma once
#include "store/result_file.hpp"

namespace lorahub::store {

inline Results read_hdf5(const std::filesystem::path& file) {
  Results results;
  with_result_file(file, [&](hid_t open) { results = read_results(open); });
  return results;
}

}  // namespace lorahub::store
