#include "report/conditions.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "report/roles.hpp"

namespace lorahub::report {

std::vector<const Condition*> of_method(const Summary& summary, const std::string& method) {
  std::vector<const Condition*> found;
  for (const Condition& c : summary.conditions)
    if (c.method == method) found.push_back(&c);
  return found;
}

std::vector<const Condition*> compositions(const Summary& summary) {
  std::vector<const Condition*> found;
  for (const std::string& method : methods_of(study::ReportRole::composition))
    std::ranges::move(of_method(summary, method), std::back_inserter(found));
  return found;
}

std::vector<const Condition*> shown(const std::vector<const Condition*>& conditions) {
  if (conditions.size() <= kMostSeries) return conditions;
  std::vector<const Condition*> order = conditions;
  std::ranges::sort(order, {}, &Condition::place);
  const std::set<const Condition*> chosen(order.begin(), order.begin() + kMostSeries);
  std::vector<const Condition*> kept;
  std::ranges::copy_if(conditions, std::back_inserter(kept),
                       [&](const Condition* c) { return chosen.contains(c); });
  return kept;
}

std::string left_out(const std::vector<const Condition*>& conditions) {
  if (conditions.size() <= kMostSeries) return "";
  return base::format(" {} of {} conditions are drawn.", kMostSeries, conditions.size());
}

std::string figure_name(const Summary& summary, const std::string& what) {
  constexpr size_t kLongest = 120;  // bytes: what a file system takes, and more behind it
  std::string name = summary.study.substr(0, kLongest);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = '-';
  return what.empty() ? name : name + "-" + what;
}

}  // namespace lorahub::report
