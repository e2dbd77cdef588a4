// Writes the result file that read_results.py opens: make_sample FILE.h5
#include "samples.hpp"

namespace store = lorahub::store;

int main(int count, char** words) {
  if (count != 2) return 2;
  store::write_hdf5(words[1], store::samples::history(), store::samples::planned());
}
