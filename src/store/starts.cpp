#include "store/starts.hpp"

#include "store/result_tables.hpp"

namespace lorahub::store {

std::vector<Environment> read_environments(hid_t file) {
  std::vector<Environment> starts(TableReader(file, StartRow::table().path).rows());
  EnvironmentRow::table().each(file, [&](const EnvironmentRow& row) {
    if (row.start >= 0 && row.start < std::ssize(starts))
      starts[static_cast<size_t>(row.start)][std::string(row.key)] = row.value;
  });
  return starts;
}

std::string origin_of(int64_t start, const std::vector<Environment>& starts) {
  return start >= 0 && start < std::ssize(starts) ? origin(starts[static_cast<size_t>(start)]) : "";
}

}  // namespace lorahub::store
