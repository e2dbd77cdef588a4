// What the fake NCCL has seen.
#pragma once

namespace lorahub::fake_nccl {

struct Counts {
  int communicators = 0, aborted = 0, ended = 0;  // all ranks; ended: without an abort
  int streams = 0, destroyed = 0;
  int not_ready = 0;          // times that something was asked for and not ready yet
  int queries_not_ready = 0;  // of streams
  int blocking_inits = 0;     // communicators that would have blocked
};
Counts counts();
void reset();  // counts from zero

}  // namespace lorahub::fake_nccl
