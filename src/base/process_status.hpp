// What the kernel says of a process of this machine (/proc/PID/stat, proc(5)).
#pragma once
#include <sys/types.h>

#include <string>

namespace lorahub::base {

struct ProcessStatus {
  std::string name;
  char state = 0;  // as ps(1) writes it; 0: there is no such process
  pid_t parent = 0;
  std::string start;  // ticks of the clock since the machine's start
  // Whether it still runs. One that has ended waits as a zombie, for ever under a parent that never
  // asks for its exit status, as the first process of many containers.
  bool lives() const { return state != 0 && state != 'Z' && state != 'X'; }
};

ProcessStatus process_status(pid_t process);

}  // namespace lorahub::base
