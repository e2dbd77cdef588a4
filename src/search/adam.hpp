// Adam (Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1) on few
// coordinates, with a rate that falls to 0 linearly. It is our own code, since LibTorch's is for
// tensors that it differentiates itself, and we need ask and tell.
#pragma once
#include <vector>

#include "search/optimizer.hpp"

namespace lorahub::search {

class Adam final : public Optimizer {
 public:
  struct Course {
    double rate = 0;  // of the first step; step t of T has rate (1 - t / T)
    int steps = 0;    // T
  };
  // The first point, and how far each coordinate may be from 0.
  Adam(std::vector<double> start, double bound, Course course);

  Population ask() override;  // one candidate
  // Its loss and gradient. A loss without a gradient moves nothing.
  void tell(const Evaluation& found) override;

 private:
  double bound_;
  Course course_;
  int told_ = 0, moved_ = 0;                    // steps
  std::vector<double> asked_, first_, second_;  // [N]: the point and the moments of the gradient
};

}  // namespace lorahub::search
