#include "search/cobyla.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace lorahub::search {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Powell's constants, in his letters.
constexpr double kAlpha = 0.25;     // a vertex nearer than alpha rho to its opposite face: flat
constexpr double kBeta = 2.1;       // a vertex farther than beta rho from the best one: long
constexpr double kGamma = 0.5;      // a step for the shape of the simplex: gamma rho
constexpr double kDelta = 1.1;      // a vertex farther than delta rho gives way to a better point
constexpr double kGoodShare = 0.1;  // of the predicted fall: the model is good, keep rho
constexpr double kMostError = 0.1;  // of the inverse: beyond it, the simplex has lost its digits
constexpr double kLeastRho = 0x1p-40;  // of the first rho; below, rounding decides

// A simplex of N + 1 points. The best one is the pole, the others are given by their edges from it.
struct Simplex {
  VectorXd pole;
  double pole_value = 0;
  MatrixXd edges;    // [N, N]: column j leads from the pole to vertex j
  MatrixXd inverse;  // of edges: row j is normal to the face opposite to vertex j
  VectorXd values;   // [N]

  Simplex(const VectorXd& start, double rho)
      : pole(start),
        edges(rho * MatrixXd::Identity(start.size(), start.size())),
        inverse(MatrixXd::Identity(start.size(), start.size()) / rho),
        values(VectorXd::Zero(start.size())) {}

  // Vertex j and the pole change places, among the first `count` vertices.
  void make_pole(Index j, Index count) {
    const VectorXd edge = edges.col(j);
    std::swap(pole_value, values[j]);
    pole += edge;
    edges.col(j).setZero();
    edges.leftCols(count).colwise() -= edge;
    inverse.row(j) = -inverse.topRows(count).colwise().sum().eval();
  }

  void make_best_pole() {
    Index best = 0;
    if (values.minCoeff(&best) < pole_value) make_pole(best, values.size());
  }

  // Vertex j moves to pole + edge: a rank-one change of the inverse.
  void replace(Index j, const VectorXd& edge) {
    const VectorXd shares = inverse * edge;
    edges.col(j) = edge;
    const Eigen::RowVectorXd row = inverse.row(j) / shares[j];
    inverse -= shares * row;
    inverse.row(j) = row;
  }

  // The gradient of the linear function through all N + 1 points.
  VectorXd gradient() const { return inverse.transpose() * (values.array() - pole_value).matrix(); }

  double error() const {
    const Index n = values.size();
    return (inverse * edges - MatrixXd::Identity(n, n)).cwiseAbs().maxCoeff();
  }
};

// How good the simplex is for a linear model at radius rho.
struct SimplexShape {
  VectorXd heights;    // sigma [N]: distance of vertex j from the opposite face
  VectorXd distances;  // eta [N]: of vertex j from the pole

  explicit SimplexShape(const Simplex& simplex)
      : heights(simplex.inverse.rowwise().norm().cwiseInverse()),
        distances(simplex.edges.colwise().norm()) {}

  bool acceptable(double rho) const {
    return heights.minCoeff() >= kAlpha * rho && distances.maxCoeff() <= kBeta * rho;
  }
  // The vertex that spoils it most: the farthest one, or else the one nearest to its face.
  Index worst(double rho) const {
    Index j = 0;
    if (distances.maxCoeff(&j) <= kBeta * rho) heights.minCoeff(&j);
    return j;
  }
};

struct TrustStep {
  VectorXd edge;  // from the pole
  double rho = 0;
  double fall = 0;  // of the objective; not positive: no better point
};

// The vertex that gives way to the new point, or -1: none, where a point without gain would spoil
// the shape.
Index giving_way(const Simplex& simplex, const SimplexShape& shape, const TrustStep& step) {
  const VectorXd volume_ratios = (simplex.inverse * step.edge).cwiseAbs();
  const bool better = step.fall > 0;
  Index drop = -1;
  double ratio = better ? 0 : 1;  // by default, the one whose change makes the volume largest
  double length = kDelta * step.rho;
  Index far = -1;  // rather one that is far away, if the simplex does not become flat by that
  for (Index j = 0; j < volume_ratios.size(); ++j) {
    if (volume_ratios[j] > ratio) {
      drop = j;
      ratio = volume_ratios[j];
    }
    const double height = volume_ratios[j] * shape.heights[j];
    if (height < kAlpha * step.rho && height < shape.heights[j]) continue;
    const double distance = better ? (step.edge - simplex.edges.col(j)).norm() : shape.distances[j];
    if (distance > length) {
      far = j;
      length = distance;
    }
  }
  return far >= 0 ? far : drop;
}

// Powell's algorithm: co_yield gives a point and returns its loss. It ends when rho is too small or
// rounding has spoilt the simplex.
Questions cobyla(VectorXd start, double rho) {
  const double least_rho = rho * kLeastRho;
  Simplex simplex(start, rho);
  simplex.pole_value = co_yield simplex.pole;
  for (Index j = 0; j < start.size(); ++j) {
    VectorXd x = simplex.pole;
    x[j] += rho;
    simplex.values[j] = co_yield x;
    if (simplex.values[j] < simplex.pole_value) simplex.make_pole(j, j + 1);
  }
  bool mend = false;  // the shape comes first: the last step along the model did not gain enough
  while (rho > least_rho) {
    simplex.make_best_pole();
    if (!(simplex.error() <= kMostError)) break;
    const VectorXd gradient = simplex.gradient();
    const SimplexShape shape(simplex);
    const bool acceptable = shape.acceptable(rho);
    if (mend && !acceptable) {
      const Index j = shape.worst(rho);
      VectorXd edge = kGamma * rho * shape.heights[j] * simplex.inverse.row(j).transpose();
      if (gradient.dot(edge) > 0) edge = -edge;
      simplex.replace(j, edge);
      const VectorXd x = simplex.pole + edge;
      simplex.values[j] = co_yield x;
      mend = false;
      continue;
    }
    mend = false;
    const double slope = gradient.norm();
    if (slope > 0) {  // to the minimum of the linear model in the ball of radius rho
      TrustStep step{.edge = -rho / slope * gradient, .rho = rho, .fall = 0};
      const VectorXd x = simplex.pole + step.edge;
      const double value = co_yield x;
      step.fall = simplex.pole_value - value;
      const Index drop = giving_way(simplex, shape, step);
      if (drop >= 0) {
        simplex.replace(drop, step.edge);
        simplex.values[drop] = value;
        if (step.fall > 0 && step.fall >= kGoodShare * rho * slope) continue;
      }
    }
    if (acceptable)
      rho /= 2;
    else
      mend = true;
  }
}

double into_box(double x, double bound) {
  if (x > bound)
    x = 2 * bound - x;
  else if (x < -bound)
    x = -2 * bound - x;
  return std::clamp(x, -bound, bound);
}

}  // namespace

Cobyla::Cobyla(CobylaStart start)
    : start_(start),
      run_(cobyla(VectorXd::Zero(start.dim), start.rho)),
      best_(VectorXd::Zero(start.dim)),
      best_loss_(std::numeric_limits<double>::infinity()) {
  assert(start.dim > 0 && start.rho > 0 && start.bound > 0);
}

Population Cobyla::ask() {
  Population population{.dim = start_.dim, .weights = {}};
  for (double x : run_.question()) population.weights.push_back(into_box(x, start_.bound));
  return population;
}

Population Cobyla::foresee(int most) const {
  Population points{.dim = start_.dim, .weights = {}};
  std::vector<std::vector<double>> paths{told_};  // the losses told so far, then imagined ones
  const auto known = [&](std::span<const double> x) {
    for (int p = 0; p < points.size(); ++p)
      if (std::ranges::equal(points.row(p), x)) return true;
    return false;
  };
  for (size_t first = 0; first < paths.size() && points.size() < most; ++first) {
    // Points after the first simplex are not foreseen.
    if (paths[first].size() >= static_cast<size_t>(start_.dim)) break;
    // The losses are only compared, so one lower and one higher than the best stand for all.
    const std::vector<double> path = paths[first];
    const double best = path.empty() ? 0 : *std::ranges::min_element(path);
    for (const double outcome : {best - 1, best + 1}) {
      if (path.empty() && outcome > best) continue;  // the first loss is compared with none
      paths.push_back(path);
      paths.back().push_back(outcome);
      Cobyla played(start_);
      for (const double loss : paths.back()) played.tell(Losses{loss});
      const Population next = played.ask();
      if (points.size() < most && !known(next.row(0))) points.add(next.row(0));
    }
  }
  return points;
}

void Cobyla::tell(const Evaluation& found) {
  assert(found.losses.size() == 1);
  constexpr double kMostLoss = 5e20;  // beyond, sums of losses lose their meaning
  const double loss = found.losses[0] < kMostLoss ? found.losses[0] : kMostLoss;
  if (told_.size() <= static_cast<size_t>(start_.dim)) told_.push_back(loss);
  if (loss < best_loss_) {
    best_loss_ = loss;
    best_ = run_.question();
  }
  run_.answer(std::max(loss, -kMostLoss));
  if (run_.done()) run_ = cobyla(best_, start_.rho);
}

}  // namespace lorahub::search
