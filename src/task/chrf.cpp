#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "task/score.hpp"
#include "text/unicode.hpp"

namespace lorahub::task {
namespace {

constexpr size_t kOrders = 6;        // n-grams of up to so many letters
constexpr double kRecallFactor = 4;  // beta squared

std::u32string letters(std::string_view text) {
  std::u32string all;
  while (!text.empty()) {
    const char32_t c = text::take(text);
    if (!text::is_python_space(c)) all.push_back(c);
  }
  return all;
}

using NgramCounts = std::map<std::u32string_view, size_t>;

NgramCounts ngrams(std::u32string_view text, size_t n) {
  NgramCounts counts;
  for (size_t i = 0; i + n <= text.size(); ++i) ++counts[text.substr(i, n)];
  return counts;
}

size_t matches(const NgramCounts& answer, const NgramCounts& target) {
  size_t sum = 0;
  for (const auto& [gram, count] : answer)
    if (const auto found = target.find(gram); found != target.end())
      sum += std::min(count, found->second);
  return sum;
}

}  // namespace

double chrf(std::string_view answer, std::string_view target) {
  const std::u32string given = letters(answer), wanted = letters(target);
  const size_t orders = std::min({kOrders, given.size(), wanted.size()});
  double precision = 0, recall = 0;
  for (size_t n = 1; n <= orders; ++n) {
    const auto matched = static_cast<double>(matches(ngrams(given, n), ngrams(wanted, n)));
    precision += matched / static_cast<double>(given.size() - n + 1);
    recall += matched / static_cast<double>(wanted.size() - n + 1);
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= static_cast<double>(orders);
  recall /= static_cast<double>(orders);
  return 100 * (1 + kRecallFactor) * precision * recall / (kRecallFactor * precision + recall);
}

}  // namespace lorahub::task
