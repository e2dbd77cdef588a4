// Runs independent searches together: its generation consists of one generation of each.
#pragma once
#include <memory>
#include <vector>

#include "search/optimizer.hpp"

namespace lorahub::search {

class SideBySide final : public Optimizer {
 public:
  explicit SideBySide(std::vector<std::unique_ptr<Optimizer>> runs) : runs_(std::move(runs)) {}

  Population ask() override;  // the generation of the first run, then that of the second, ...
  void tell(const Evaluation& found) override;
  std::vector<Distribution> distributions() const override;  // in the order of the runs

 private:
  std::vector<std::unique_ptr<Optimizer>> runs_;
};

}  // namespace lorahub::search
