// Writes the result file that read_results.py opens: make_sample FILE.h5
#include "samples.hpp"
#include "searched.hpp"

namespace store = lorahub::store;

int main(int count, char** words) {
  if (count != 2) return 2;
  store::History history = store::samples::history();
  auto plan = store::samples::planned();
  store::samples::add_searched(history, plan);
  store::write_hdf5(words[1], history, plan);
}
