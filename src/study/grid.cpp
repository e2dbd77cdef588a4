#include "study/grid.hpp"

#include <algorithm>

namespace lorahub::study {

GridAxis axis(const Entry& list) {
  if (!list.value.node.IsSequence())
    fail_at(list.value, "'{}' needs a list of values here, such as [a, b]", list.key);
  if (list.value.node.size() == 0)
    fail_at(list.value, "the list of '{}' is empty (no trial would run), name at least one value",
            list.key);
  GridAxis points;
  for (auto& item : items(list.value)) points.push_back({{.key = list.key, .value = item}});
  return points;
}

GridAxis together(const std::vector<Entry>& lists) {
  GridAxis points;
  for (const auto& list : lists) {
    const auto column = axis(list);
    if (points.empty()) points.resize(column.size());
    if (column.size() != points.size())
      fail_at(list.value,
              "'{}' has {} values and '{}' has {}, but lists of zip move together, give "
              "them one length",
              list.key, column.size(), lists.front().key, points.size());
    for (size_t i = 0; i < column.size(); ++i) points[i].push_back(column[i].front());
  }
  return points;
}

std::vector<GridPoint> product(const std::vector<GridAxis>& axes) {
  std::vector<GridPoint> points = {{}};
  for (const auto& next : axes) {
    if (next.size() > kMostPoints / std::max<size_t>(points.size(), 1))
      fail_at(next.front().front().value,
              "the lists up to '{}' make more than {} trials together (their plan would fill the "
              "memory), shorten them or write several studies",
              next.front().front().key, kMostPoints);
    std::vector<GridPoint> longer;
    longer.reserve(points.size() * next.size());
    for (const auto& head : points) {
      for (const auto& tail : next) {
        longer.push_back(head);
        longer.back().insert(longer.back().end(), tail.begin(), tail.end());
      }
    }
    points = std::move(longer);
  }
  return points;
}

}  // namespace lorahub::study
