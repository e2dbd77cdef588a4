#include "search/cma.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "functions.hpp"
#include "search/minimize.hpp"

namespace lorahub::search {
namespace {

using Json = nlohmann::json;

Cma make(int dim, int population, uint64_t seed = 1) {
  return Cma({.mean = std::vector<double>(static_cast<size_t>(dim), 0.3),
              .sigma = 0.4,
              .population = population},
             base::Stream(seed, "search"));
}

TEST(CmaConstants, AreThoseOfTheTutorial) {
  struct Row {
    int dim, population, mu;
    double mu_eff, c_1, c_mu, c_c, c_sigma, d_sigma, negative, chi_n;
  };
  const Row rows[] = {
      // of the Python package cmaes 0.13.1
      {5, 8, 4, 2.600179, 0.047292, 0.038169, 0.450200, 0.365088, 1.365088, -2.239019, 2.128524},
      {10, 10, 5, 3.167299, 0.015284, 0.020154, 0.294990, 0.284429, 1.284429, -1.758341, 3.084727},
      {20, 12, 6, 3.729459, 0.004372, 0.008191, 0.171767, 0.199428, 1.199428, -1.533774, 4.416767},
      {40, 15, 7, 4.540915, 0.001169, 0.003123, 0.093009, 0.132031, 1.132031, -1.374518, 6.285215},
      {100, 17, 8, 5.096189, 0.000195, 0.000633, 0.038913, 0.064454, 1.064454, -1.307939,
       9.975048}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.dim);
    constexpr double kDigits = 5.1e-7;  // six decimals
    const CmaConstants c = cma_constants(row.dim, row.population);
    EXPECT_EQ(c.mu, row.mu);
    EXPECT_NEAR(c.mu_eff, row.mu_eff, kDigits);
    EXPECT_NEAR(c.c_1, row.c_1, kDigits);
    EXPECT_NEAR(c.c_mu, row.c_mu, kDigits);
    EXPECT_NEAR(c.c_c, row.c_c, kDigits);
    EXPECT_NEAR(c.c_sigma, row.c_sigma, kDigits);
    EXPECT_NEAR(c.d_sigma, row.d_sigma, kDigits);
    EXPECT_NEAR(c.weights.cwiseMin(0).sum(), row.negative, kDigits);
    EXPECT_NEAR(c.weights.cwiseMax(0).sum(), 1, 1e-15);
    EXPECT_NEAR(c.chi_n, row.chi_n, kDigits);
  }
}

TEST(CmaConstants, AreSoundForAnyPopulation) {
  for (int dim : {1, 2, 20, 200})
    for (int population : {2, 3, 4, 7, 100, 5000}) {
      const CmaConstants c = cma_constants(dim, population);
      EXPECT_TRUE(c.weights.allFinite());
      EXPECT_GE(c.c_mu, 0);
      EXPECT_LE(c.c_1 + c.c_mu, 1);
      EXPECT_GT(c.d_sigma, 0);
      // What C keeps of itself and what a far candidate of negative weight takes: it stays
      // positive.
      EXPECT_GE(1 - c.c_1 - c.c_mu * c.weights.sum() + dim * c.c_mu * c.weights.cwiseMin(0).sum(),
                -1e-12);
    }
}

class CmaTrace : public testing::TestWithParam<size_t> {};

Eigen::VectorXd vector(const Json& values) {
  const auto list = values.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(list.data(), static_cast<Eigen::Index>(list.size()));
}

double relative_error(const Eigen::VectorXd& ours, const Eigen::VectorXd& reference) {
  return (ours - reference).norm() / reference.norm();
}

Eigen::VectorXd lower_triangle(const Eigen::MatrixXd& matrix) {
  std::vector<double> values;
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j <= i; ++j) values.push_back(matrix(i, j));
  return vector(values);
}

TEST_P(CmaTrace, FollowsTheReferenceFor60Generations) {
  const Json data = Json::parse(std::ifstream(SOURCE_DIR "/tests/golden/cmaes_trace.json"));
  const Json& fed = data["cases"].at(GetParam());
  const int dim = fed["dim"], population = fed["population"];
  const auto candidates = fed["candidates"].get<std::vector<double>>();
  std::vector<double> losses;
  for (const Json& loss : fed["losses"])
    losses.push_back(loss.is_null() ? kNan : loss.get<double>());
  const double bound = fed["bound"];
  Cma cma({.mean = std::vector<double>(static_cast<size_t>(dim), fed["mean"].get<double>()),
           .sigma = fed["sigma"],
           .population = population,
           .bound = bound > 0 ? bound : kInf},
          base::Stream(1, "search"));
  auto candidate = candidates.begin();
  auto loss = losses.begin();
  double most = 0;
  for (const Json& kept : fed["states"]) {
    while (cma.state().generation < kept["generation"]) {
      cma.tell(Population{.dim = dim, .weights = {candidate, candidate + population * dim}},
               Losses(loss, loss + population));
      candidate += population * dim;
      loss += population;
    }
    const CmaState& s = cma.state();
    const double sigma = kept["sigma"];
    for (const double error :
         {relative_error(s.mean, vector(kept["mean"])), std::abs(s.sigma - sigma) / sigma,
          relative_error(s.path_sigma, vector(kept["path_sigma"])),
          relative_error(s.path_c, vector(kept["path_c"])),
          relative_error(lower_triangle(s.covariance), vector(kept["covariance"]))}) {
      EXPECT_LE(error, 1e-10) << "generation " << s.generation;
      most = std::max(most, error);
    }
  }
  EXPECT_EQ(cma.state().generation, 60);
  EXPECT_EQ(loss, losses.end());
  RecordProperty("most_relative_error", Json(most).dump());
}

INSTANTIATE_TEST_SUITE_P(Cases, CmaTrace, testing::Range(size_t{0}, size_t{8}));

// All that a search of 40 generations asks for, where each loss is `seen` through a function.
std::vector<double> trajectory(Cma cma, const Function& function,
                               const std::function<double(double)>& seen = std::identity()) {
  std::vector<double> asked;
  for (int g = 0; g < 40; ++g) {
    const Population population = cma.ask();
    asked.insert(asked.end(), population.weights.begin(), population.weights.end());
    Losses losses = each(function)(population).losses;
    for (double& loss : losses) loss = seen(loss);
    cma.tell(losses);
  }
  return asked;
}

TEST(Cma, SeesOnlyTheOrderOfLosses) {
  const auto plain = trajectory(make(6, 9), rosenbrock);
  EXPECT_EQ(plain, trajectory(make(6, 9), rosenbrock, [](double f) { return std::log(f); }));
  EXPECT_EQ(plain, trajectory(make(6, 9), rosenbrock, [](double f) { return 1e9 + 3 * f; }));
  EXPECT_EQ(plain, trajectory(make(6, 9), rosenbrock, [](double f) { return -1 / f; }));
  EXPECT_NE(plain, trajectory(make(6, 9), rosenbrock, [](double f) { return -f; }));
}

TEST(Cma, DoesNotMindTheOrderOfPairs) {
  Cma straight = make(5, 11), turned = make(5, 11);
  base::Stream stream(4, "shuffle");
  for (int g = 0; g < 30; ++g) {
    const Population population = straight.ask();
    ASSERT_EQ(population.weights, turned.ask().weights);
    const Losses losses = each(ellipsoid)(population).losses;
    straight.tell(losses);
    std::vector<int> order(11);
    std::iota(order.begin(), order.end(), 0);
    for (int i = 10; i > 0; --i)
      std::swap(order[static_cast<size_t>(i)], order[stream.bits() % static_cast<uint32_t>(i + 1)]);
    Population shuffled{.dim = 5, .weights = {}};
    Losses theirs;
    for (int p : order) {
      shuffled.add(population.row(p));
      theirs.push_back(losses[static_cast<size_t>(p)]);
    }
    turned.tell(shuffled, theirs);
  }
}

TEST(Cma, MovesWithAShiftOfTheFunction) {
  const std::vector<double> shift{3, -7, 0.25, 100};
  std::vector<double> start(4, 0.3);
  for (size_t i = 0; i < 4; ++i) start[i] += shift[i];
  const Function shifted = [&](std::span<const double> x) {
    std::vector<double> back(x.begin(), x.end());
    for (size_t i = 0; i < 4; ++i) back[i] -= shift[i];
    return ellipsoid(back);
  };
  const auto plain = trajectory(make(4, 8), ellipsoid);
  const auto moved = trajectory(
      Cma({.mean = start, .sigma = 0.4, .population = 8}, base::Stream(1, "search")), shifted);
  for (size_t i = 0; i < plain.size(); ++i)
    ASSERT_NEAR(moved[i] - shift[i % 4], plain[i], 1e-6) << i;
}

TEST(Cma, ScalesWithTheFunction) {
  const Function wide = [](std::span<const double> x) {
    std::vector<double> small(x.begin(), x.end());
    for (double& v : small) v /= 1024;  // a power of two: exact
    return rosenbrock(small);
  };
  const auto plain = trajectory(make(4, 8), rosenbrock);
  auto scaled = trajectory(
      Cma({.mean = std::vector<double>(4, 0.3 * 1024), .sigma = 0.4 * 1024, .population = 8},
          base::Stream(1, "search")),
      wide);
  for (double& v : scaled) v /= 1024;
  EXPECT_EQ(plain, scaled);
}

CmaState told_once(const Losses& losses) {
  Cma cma = make(3, static_cast<int>(losses.size()));
  cma.ask();
  cma.tell(losses);
  return cma.state();
}

TEST(Cma, RanksNanAndInfLastAndEqualsByOrder) {
  const CmaState reference = told_once({1, 2, 3, 4, 5, 6});
  for (const Losses& losses :
       {Losses{1, 2, 3, 4, kNan, kNan}, Losses{1, 2, 3, 4, kInf, kNan},
        Losses{1, 2, 3, 4, kNan, kInf}, Losses{-kInf, 2, 3, 4, 4, 4}, Losses{7, 7, 7, 7, 7, 7},
        Losses{kNan, kNan, kNan, kNan, kNan, kNan}}) {
    const CmaState state = told_once(losses);
    EXPECT_EQ(state.mean, reference.mean) << testing::PrintToString(losses);
    EXPECT_EQ(state.covariance, reference.covariance);
    EXPECT_EQ(state.sigma, reference.sigma);
  }
  EXPECT_EQ(told_once({kNan, 2, 3, kInf, 5, 6}).mean, told_once({5, 1, 2, 6, 3, 4}).mean);
  EXPECT_NE(told_once({kNan, 2, 3, 4, 5, 6}).mean, reference.mean);
}

TEST(Cma, AsksTheSameUntilTold) {
  Cma cma = make(4, 6);
  const Population first = cma.ask();
  EXPECT_EQ(first.weights, cma.ask().weights);
  cma.tell(Losses{1, 2, 3, 4, 5, 6});
  EXPECT_NE(first.weights, cma.ask().weights);
}

TEST(Cma, ResamplesRatherThanClipsInsideTheBox) {
  // sigma as large as the box: clipping alone would put two thirds of the coordinates on the walls.
  Cma wide({.mean = {0, 0}, .sigma = 1, .population = 500, .bound = 1}, base::Stream(2, "search"));
  EXPECT_THAT(wide.ask().weights, testing::Each(testing::AllOf(testing::Gt(-1), testing::Lt(1))));
  // Where no sample falls inside, the last one is clipped.
  Cma hopeless({.mean = std::vector<double>(30, 0), .sigma = 1e6, .population = 20, .bound = 1},
               base::Stream(2, "search"));
  EXPECT_THAT(hopeless.ask().weights, testing::Each(testing::AnyOf(-1, 1)));
}

TEST(Cma, FindsAMinimumOnTheWall) {
  Cma cma({.mean = std::vector<double>(8, 0.1), .sigma = 0.3, .population = 10, .bound = 1.5},
          base::Stream(3, "search"));
  const Trace trace = minimize(cma, each([](std::span<const double> x) {
                                 double sum = 0;
                                 for (double v : x) sum += v * v;
                                 return sum - 10 * x[0];  // downhill through the wall at x_0 = 1.5
                               }),
                               3000);
  EXPECT_NEAR(trace.best_loss, 1.5 * 1.5 - 15, 0.01);
}

TEST(Cma, LearnsTheInverseHessian) {
  Cma cma = make(10, 10);
  minimize(cma, each(ellipsoid), 5000);
  const Eigen::VectorXd variances = cma.state().covariance.diagonal();
  const double ratio = std::sqrt(variances[0] / variances[9]);  // 1e3 for a condition of 1e6
  EXPECT_GT(ratio, 500);
  EXPECT_LT(ratio, 2000);
}

TEST(Cma, KeepsSigmaUnderRandomLosses) {
  double mean_log = 0;  // neutral selection: log sigma is a random walk without drift
  constexpr int kRuns = 40;
  for (int run = 0; run < kRuns; ++run) {
    Cma cma = make(10, 10, static_cast<uint64_t>(run));
    base::Stream noise(static_cast<uint64_t>(run), "noise");
    minimize(cma, each([&](std::span<const double>) { return noise.uniform(); }), 1000);
    mean_log += std::log(cma.state().sigma / 0.4) / kRuns;
  }
  EXPECT_NEAR(mean_log, 0, 0.5);
}

TEST(Cma, GrowsSigmaOnALine) {
  Cma cma = make(10, 10);
  minimize(cma, each([](std::span<const double> x) { return x[0]; }), 500);
  EXPECT_GT(cma.state().sigma, 4);  // ten times the first
}

TEST(Cma, StaysSoundLongAfterConvergence) {
  for (int population : {2, 3, 8}) {
    Cma cma = make(3, population);
    const Trace trace = minimize(cma, each(sphere), 60'000);
    EXPECT_LT(trace.best_loss, 1e-12);
    EXPECT_TRUE(cma.state().mean.allFinite());
    EXPECT_TRUE(cma.state().covariance.allFinite());
    EXPECT_GT(cma.state().sigma, 0);
  }
}

}  // namespace
}  // namespace lorahub::search
