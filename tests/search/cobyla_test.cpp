#include "search/cobyla.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "functions.hpp"
#include "search/minimize.hpp"

namespace lorahub::search {
namespace {

using Json = nlohmann::json;

// mean((w - centre)^2) + 0.05 mean(|w|), as in the reference traces
Function reference_objective(std::vector<double> centre) {
  return [centre](std::span<const double> w) {
    double sum = 0;
    for (size_t i = 0; i < w.size(); ++i)
      sum += std::pow(w[i] - centre[i], 2) + 0.05 * std::abs(w[i]);
    return sum / static_cast<double>(w.size());
  };
}

std::vector<std::vector<double>> points(const Trace& trace) {
  std::vector<std::vector<double>> rows;
  for (const Generation& generation : trace.generations)
    rows.push_back(generation.population.weights);
  return rows;
}

// How many points agree to 1e-6 from the first on.
size_t common(const std::vector<std::vector<double>>& ours,
              const std::vector<std::vector<double>>& theirs) {
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-6; };
  size_t count = 0;
  while (count < std::min(ours.size(), theirs.size()) &&
         std::equal(ours[count].begin(), ours[count].end(), theirs[count].begin(), near))
    ++count;
  return count;
}

class OfficialTrace : public testing::TestWithParam<size_t> {};

TEST_P(OfficialTrace, IsOurs) {
  const std::string path = SOURCE_DIR "/tests/golden/traces/ngopt_budget40.json";
  const Json trace = Json::parse(std::ifstream(path))["traces"][GetParam()];
  const int n = trace["n"], budget = trace["budget"];
  ASSERT_EQ(trace["chosen"], "Cobyla");
  const auto reference = trace["points"].get<std::vector<std::vector<double>>>();
  const auto values = trace["values"].get<std::vector<double>>();
  ASSERT_EQ(static_cast<int>(reference.size()), budget);

  Cobyla optimizer({.dim = n, .rho = 0.5, .bound = 1.5});
  const Trace ours = minimize(optimizer, each(reference_objective(trace["centre"])), budget);

  const auto asked = points(ours);
  for (size_t i = 0; i < static_cast<size_t>(std::min(n + 1, budget)); ++i)
    EXPECT_EQ(asked[i], reference[i]) << "point " << i;
  EXPECT_EQ(common(asked, reference), reference.size());
  const double best = *std::min_element(values.begin(), values.end());
  EXPECT_LE(ours.best_loss, best + 0.01 * (values[0] - best));
}

INSTANTIATE_TEST_SUITE_P(Sizes, OfficialTrace, testing::Values(0, 1, 2));

// The functions of tests/golden/cobyla_trace.py.
Function golden_function(const std::string& name, std::vector<double> c) {
  if (name == "rosenbrock")
    return [c](std::span<const double> w) {
      std::vector<double> v(w.begin(), w.end());
      for (size_t i = 0; i < v.size(); ++i) v[i] += c[i];
      return rosenbrock(v);
    };
  if (name == "even")
    return [c](std::span<const double> w) {
      const double n = static_cast<double>(w.size());
      double dot = 0, size = 0;
      for (size_t i = 0; i < w.size(); ++i) dot += c[i] * w[i], size += std::abs(w[i]);
      return 1 - std::exp(-dot * dot / n) + size / n / 20;
    };
  return [c](std::span<const double> w) {
    double sum = 0;
    for (size_t i = 0; i < w.size(); ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(w.size());
      sum += (1 + share) * std::pow(w[i] - c[i], 2) + (i == 0 ? 0 : w[i - 1] * w[i] / 4);
    }
    return sum;
  };
}

class PowellTrace : public testing::TestWithParam<size_t> {};

TEST_P(PowellTrace, IsOurs) {
  const Json data = Json::parse(std::ifstream(SOURCE_DIR "/tests/golden/cobyla_trace.json"));
  const Json& walk = data["cases"].at(GetParam());
  const auto reference = walk["points"].get<std::vector<std::vector<double>>>();
  const auto values = walk["values"].get<std::vector<double>>();
  Cobyla optimizer({.dim = walk["dim"], .rho = 0.5, .bound = data["bound"]});
  const Trace ours =
      minimize(optimizer, each(golden_function(walk["function"], walk["centre"])), walk["budget"]);
  EXPECT_GE(common(points(ours), reference), walk["stable"].get<size_t>());
  const double best = *std::min_element(values.begin(), values.end());
  EXPECT_LE(ours.best_loss, best + 0.01 * (values[0] - best));
}

INSTANTIATE_TEST_SUITE_P(Cases, PowellTrace, testing::Range(size_t{0}, size_t{6}));

TEST(Cobyla, StepsDownALinearFunctionByRhoEachTime) {
  // 3 x - 4 y: the model is exact, its gradient (3, -4); steps of rho = 0.1 along (-0.6, 0.8).
  Cobyla optimizer({.dim = 2, .rho = 0.1, .bound = 100});
  const Trace trace =
      minimize(optimizer, each([](std::span<const double> x) { return 3 * x[0] - 4 * x[1]; }), 23);
  const auto asked = points(trace);
  EXPECT_EQ(asked[0], (std::vector<double>{0, 0}));
  EXPECT_EQ(asked[1], (std::vector<double>{0.1, 0}));
  EXPECT_EQ(asked[2], (std::vector<double>{0, 0.1}));
  for (int i = 3; i < 23; ++i) {  // the pole after point 2 is (0, 0.1)
    EXPECT_NEAR(asked[static_cast<size_t>(i)][0], -0.06 * (i - 2), 1e-9);
    EXPECT_NEAR(asked[static_cast<size_t>(i)][1], 0.1 + 0.08 * (i - 2), 1e-9);
  }
}

TEST(Cobyla, ReflectsOnceThenClipsAndGoesOnOutside) {
  // The algorithm walks along x without end; what is asked folds at the wall, and then stays at the
  // other one.
  Cobyla optimizer({.dim = 1, .rho = 0.4, .bound = 1});
  std::vector<double> asked;
  for (int i = 0; i < 12; ++i) {
    asked.push_back(optimizer.ask().weights[0]);
    optimizer.tell(Losses{-static_cast<double>(i)});
  }
  for (int i = 0; i < 12; ++i) {
    const double x = 0.4 * i;
    EXPECT_NEAR(asked[static_cast<size_t>(i)], x <= 1 ? x : std::max(2 - x, -1.0), 1e-12) << i;
  }
}

TEST(Cobyla, FindsTheMinimum) {
  for (int n : {1, 2, 5, 10}) {
    Cobyla optimizer({.dim = n, .rho = 0.5, .bound = 1.5});
    const Function shifted = [](std::span<const double> x) {
      double sum = 0;
      for (size_t i = 0; i < x.size(); ++i)
        sum += static_cast<double>(i + 1) * std::pow(x[i] - 0.3, 2);
      return sum;
    };
    const Trace trace = minimize(optimizer, each(shifted), 200 * n);
    EXPECT_LT(trace.best_loss, 1e-6) << n;
    for (double w : trace.best) EXPECT_NEAR(w, 0.3, 1e-3);
  }
}

TEST(Cobyla, StartsAnewFromItsBestPointWhenItEnds) {
  // |x - 0.3|: exact in one step of the right length; rho then shrinks to nothing within the
  // budget.
  Cobyla optimizer({.dim = 1, .rho = 0.5, .bound = 1.5});
  const Trace trace = minimize(
      optimizer, each([](std::span<const double> x) { return std::abs(x[0] - 0.3); }), 2000);
  EXPECT_LT(trace.best_loss, 1e-11);
  const auto asked = points(trace);
  // Later than its end, a step of the first radius away from the best point is tried again.
  const auto wide = std::count_if(asked.begin() + 100, asked.end(), [&](const auto& x) {
    return std::abs(std::abs(x[0] - trace.best[0]) - 0.5) < 1e-6;
  });
  EXPECT_GT(wide, 2);
}

TEST(Cobyla, IsReplayedExactly) {
  const Function bumpy = [](std::span<const double> x) {
    double sum = 0;
    for (double v : x) sum += v * v + 0.3 * std::sin(9 * v + 1);
    return sum;
  };
  Cobyla first({.dim = 6, .rho = 0.5, .bound = 1.5});
  const Trace trace = minimize(first, each(bumpy), 300);
  Cobyla second({.dim = 6, .rho = 0.5, .bound = 1.5});
  for (const Generation& generation : trace.generations) {
    ASSERT_EQ(second.ask().weights, generation.population.weights);
    ASSERT_EQ(second.ask().weights, generation.population.weights);  // asked again: the same
    second.tell(generation.losses);
  }
  EXPECT_EQ(second.ask().weights, first.ask().weights);
}

TEST(Cobyla, GoesOnAfterLossesThatAreNoNumbers) {
  for (double bad : {kNan, kInf, 1e300}) {
    for (int period : {1, 3, 7}) {
      Cobyla optimizer({.dim = 4, .rho = 0.5, .bound = 1.5});
      int calls = 0;
      const Trace trace = minimize(optimizer, each([&](std::span<const double> x) {
                                     return ++calls % period == 0 ? bad : sphere(x);
                                   }),
                                   200);
      for (const auto& point : points(trace))
        EXPECT_THAT(point, testing::Each(testing::AllOf(testing::Ge(-1.5), testing::Le(1.5))));
    }
  }
}

TEST(Cobyla, ComesToAnEndOnAFlatFunctionAndStartsAnew) {
  Cobyla optimizer({.dim = 3, .rho = 0.5, .bound = 1.5});
  const auto asked =
      points(minimize(optimizer, each([](std::span<const double>) { return 2.0; }), 400));
  const std::vector<std::vector<double>> simplex{{0, 0, 0}, {0.5, 0, 0}, {0, 0.5, 0}, {0, 0, 0.5}};
  EXPECT_TRUE(std::equal(simplex.begin(), simplex.end(), asked.begin()));
  EXPECT_NE(std::search(asked.begin() + 4, asked.end(), simplex.begin(), simplex.end()),
            asked.end());
}

// Along any path through the first simplex the next point is among those foreseen, and with room
// for both outcomes of two steps so is the one after it.
TEST(Cobyla, ForeseesThePointsOfTheFirstSimplex) {
  for (const double slope : {-1.0, 1.0, 0.3}) {
    const Function f = [slope](std::span<const double> w) {
      double sum = 0;
      for (size_t i = 0; i < w.size(); ++i) sum += (i % 2 == 0 ? slope : -slope) * w[i];
      return sum;
    };
    Cobyla search({.dim = 6});
    std::vector<std::vector<double>> asked;
    std::vector<Population> foreseen;
    for (int step = 0; step < 7; ++step) {
      asked.push_back(search.ask().weights);
      foreseen.push_back(search.foresee(6));
      search.tell(Losses{f(asked.back())});
    }
    const auto among = [](const Population& points, const std::vector<double>& x) {
      for (int p = 0; p < points.size(); ++p)
        if (std::ranges::equal(points.row(p), x)) return true;
      return false;
    };
    for (size_t step = 0; step < 7; ++step) {
      EXPECT_LE(foreseen[step].size(), 6);
      EXPECT_FALSE(among(foreseen[step], asked[step])) << "not the one that is asked";
      EXPECT_TRUE(step + 1 >= 7 || among(foreseen[step], asked[step + 1])) << step;
      EXPECT_TRUE(step + 2 >= 7 || among(foreseen[step], asked[step + 2])) << step;
    }
    EXPECT_EQ(foreseen.back().size(), 0) << "what follows depends on the losses themselves";
    EXPECT_EQ(search.foresee(9).size(), 0);
  }
}

}  // namespace
}  // namespace lorahub::search
