// How alike the modules of a library are, without a loaded model.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace lorahub::run {

struct Similarity {
  std::vector<std::string> modules;          // [N], similar modules next to each other
  std::vector<std::vector<double>> cosines;  // [N, N], as lora::cosines
  std::vector<std::string> left_out;         // a sentence for each module that does not fit
};
// `model`: a folder or a published name. One thread computes. `between` is called now and then, and
// ends the work by an exception.
Similarity similarity(const std::string& model, const std::string& library,
                      const std::vector<std::string>& names, const std::function<void()>& between);

}  // namespace lorahub::run
