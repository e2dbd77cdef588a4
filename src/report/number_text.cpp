#include "report/number_text.hpp"

#include <cmath>

#include "base/text.hpp"

namespace lorahub::report {
double unsigned_zero(double value, int decimals) {
  return std::abs(value) <= 0.5 * std::pow(10, -decimals) ? 0 : value;
}

namespace {

// An interval of no width would say that nothing is uncertain: it is told in words.
std::string no_width(const Interval& i) {
  if (i.one_draw) return " (one draw)";
  constexpr double kRounding = 1e-9;  // of sums of equal values
  return i.high - i.low < kRounding ? " (no spread)" : "";
}

}  // namespace

std::string text(const Interval& i, int decimals) {
  const double value = unsigned_zero(i.value, decimals);
  if (const std::string words = no_width(i); !words.empty())
    return base::format("{:.{}f}{}", value, decimals, words);
  return base::format("{0:.{3}f} [{1:.{3}f}, {2:.{3}f}]", value, unsigned_zero(i.low, decimals),
                      unsigned_zero(i.high, decimals), decimals);
}

std::string signed_text(const Interval& i, int decimals) {
  const double value = unsigned_zero(i.value, decimals);
  if (const std::string words = no_width(i); !words.empty())
    return base::format("{:+.{}f}{}", value, decimals, words);
  return base::format("{0:+.{3}f} [{1:+.{3}f}, {2:+.{3}f}]", value, unsigned_zero(i.low, decimals),
                      unsigned_zero(i.high, decimals), decimals);
}

std::string p_cell(double p) {
  return p < 0.001 ? "< 0.001" : p < 0.1 ? base::format("{:.3f}", p) : base::format("{:.2f}", p);
}

std::string p_text(double p) { return p < 0.001 ? "p < 0.001" : "p = " + p_cell(p); }

std::string count_text(double number) {
  if (number >= 1e6) return base::format("{:.2f} million", number / 1e6);
  std::string digits = base::format("{:.0f}", number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string or_dash(double number, int decimals) {
  return std::isfinite(number) ? base::format("{:.{}f}", unsigned_zero(number, decimals), decimals)
                               : "–";
}

std::string against(const Interval& d, Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return base::format("{} points better than", text(d));
    case Verdict::worse:
      return base::format("{} points worse than",
                          text({.value = -d.value, .low = -d.high, .high = -d.low}));
    case Verdict::open:
      break;
  }
  if (d.one_draw)
    return base::format("in its one draw {:.1f} points {}", std::abs(unsigned_zero(d.value, 1)),
                        d.value < 0 ? "below" : "above");
  return base::format("not shown to differ ({} points) from", signed_text(d));
}

std::string against(const Comparison& c) { return against(c.difference, verdict(c)); }

}  // namespace lorahub::report
