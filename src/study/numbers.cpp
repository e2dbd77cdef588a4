#include "study/numbers.hpp"

#include <charconv>

namespace lorahub::study {

std::string shortest(double x) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

}  // namespace lorahub::study
