// An open file, as the system numbers it.
#pragma once
#include <unistd.h>

namespace lorahub::base {

// Closes the file at its end; a number below 0 stands for none.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

}  // namespace lorahub::base
