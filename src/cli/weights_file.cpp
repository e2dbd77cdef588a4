#include "cli/weights_file.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/input.hpp"
#include "base/nesting.hpp"

namespace lorahub::cli {

std::vector<std::vector<double>> read_weights(const std::string& file) {
  const std::string text = base::read_input(file);
  const auto json = nlohmann::json::parse(base::shallow_json(text), nullptr, false);
  base::check(json.is_array() && !json.empty(),
              "{}: expected a list of weight vectors such as [[0.5, 0, 1]]{}", file,
              base::seems_to_be(text));
  std::vector<std::vector<double>> rows;
  for (const auto& row : json) {
    base::check(row.is_array(), "{}: weight vector {} is not a list, write [[0.5, 0, 1]]", file,
                rows.size());
    std::vector<double> weights;
    for (const auto& value : row) {
      base::check(value.is_number(),
                  "{}: weight {} of vector {} is not a finite number (losses would be NaN)", file,
                  weights.size(), rows.size());
      weights.push_back(value.get<double>());
    }
    rows.push_back(std::move(weights));
  }
  return rows;
}

std::vector<double> one_vector(const std::string& file, int modules) {
  const std::vector<std::vector<double>> rows = read_weights(file);
  base::check(rows.size() == 1, "{}: holds {} weight vectors where one is wanted", file,
              rows.size());
  base::check(static_cast<int>(rows[0].size()) == modules,
              "{}: {} weights for {} modules, give one weight a module", file, rows[0].size(),
              modules);
  return rows[0];
}

}  // namespace lorahub::cli
