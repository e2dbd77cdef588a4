#include "base/process_status.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

#include "base/check.hpp"

namespace lorahub::base {

// "12 (name) S 11 ...": a name may hold spaces and parentheses.
ProcessStatus process_status(pid_t process) {
  std::ifstream file(format("/proc/{}/stat", process));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t begin = text.find('('), end = text.rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return {};
  ProcessStatus found{.name = text.substr(begin + 1, end - begin - 1)};
  std::istringstream rest(text.substr(end + 1));
  rest >> found.state >> found.parent;
  constexpr int kStart = 22;  // the field of proc(5); the parent is the fourth
  for (int field = 5; field <= kStart; ++field) rest >> found.start;
  return found;
}

}  // namespace lorahub::base
