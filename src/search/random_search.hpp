// Uniform draws in the box: the control that every search must beat.
#pragma once
#include "base/random.hpp"
#include "search/optimizer.hpp"

namespace lorahub::search {

class RandomSearch final : public Optimizer {
 public:
  struct Box {
    int dim = 0;
    double bound = 1.5;  // weights in [-bound, bound]
  };
  RandomSearch(Box box, int population, base::Stream stream);

  Population ask() override;
  void tell(const Evaluation& found) override;

 private:
  Population draw();

  Box box_;
  int size_;
  base::Stream stream_;
  Population asked_;
};

}  // namespace lorahub::search
