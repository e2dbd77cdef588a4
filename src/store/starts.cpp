#include "store/starts.hpp"

namespace lorahub::store {

std::vector<Environment> read_environments(hid_t file) {
  std::vector<Environment> starts(TableReader(file, "headers/starts").rows());
  TableReader(file, "headers/environment").each([&](const RowView& view) {
    const int64_t start = view.integer("start");
    if (start >= 0 && start < std::ssize(starts))
      starts[static_cast<size_t>(start)][view.text("key")] = view.text("value");
  });
  return starts;
}

std::string origin_of(const TableReader& runs, const RowView& row,
                      const std::vector<Environment>& starts) {
  if (!runs.has("start")) return "";
  const int64_t start = row.integer("start");
  return start >= 0 && start < std::ssize(starts) ? origin(starts[static_cast<size_t>(start)]) : "";
}

}  // namespace lorahub::store
