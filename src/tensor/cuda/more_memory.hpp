// What to do where the GPU's memory runs out although some of it is kept for reuse alone.
#pragma once
#include <exception>

#include "base/fault.hpp"

namespace lorahub::tensor {

// Returns work(). Where that throws for lack of memory, calls make_room() and then work() once
// more; every other exception goes through.
template <class Work, class MakeRoom>
auto with_more_memory(const Work& work, const MakeRoom& make_room) {
  try {
    return work();
  } catch (...) {
    if (!base::cause_of(std::current_exception()).lacks_memory) throw;
  }
  make_room();  // not in the handler: what the exception holds may be freed now
  return work();
}

}  // namespace lorahub::tensor
