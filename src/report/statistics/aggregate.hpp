// Numbers that sum up accuracies: means, robust means, normalised scores.
#pragma once
#include <vector>

namespace lorahub::report {

double mean(const std::vector<double>& values);
double standard_deviation(const std::vector<double>& values);  // divisor n - 1; 0 for one value

// Linear between order statistics (numpy's default). `share` in [0, 1]; values may not be empty.
double quantile(std::vector<double> values, double share);
double median(const std::vector<double>& values);

// Interquartile mean: a quarter of the values is cut off at each end, rounded down (scipy's
// trim_mean(0.25), as rliable: Agarwal et al., NeurIPS 2021).
double iqm(std::vector<double> values);

// How far the scores stay below `target` on average; what is above it counts as `target`.
double optimality_gap(const std::vector<double>& scores, double target = 1);

// Share of the way from the base model to all right: (accuracy - zero) / (100 - zero), percents in.
// NaN where the base model has everything right.
double normalised(double accuracy, double zero);

// Standard error of an accuracy of `rows` rows, in points: sqrt(p (1 - p) / rows).
double standard_error(double accuracy, double rows);

}  // namespace lorahub::report
