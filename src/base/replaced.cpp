#include "base/replaced.hpp"

namespace lorahub::base {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  std::string out;
  size_t done = 0;
  for (size_t at; (at = text.find(from, done)) != std::string::npos; done = at + from.size())
    out.append(text, done, at - done).append(to);
  if (done == 0) return text;
  out.append(text, done);
  return out;
}

}  // namespace lorahub::base
