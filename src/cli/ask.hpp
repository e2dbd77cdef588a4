// A term of the search's loss that the calling program computes: a dialogue in JSON lines over
// standard output and standard input.
#pragma once
#include <span>

namespace lorahub::cli {

// Writes {"ask":"penalty","weights":[w_1,...],"loss":x} (loss: the data term, nats), waits for the
// line {"penalty":y} and returns y. Error when the line is another one or standard input ends;
// Interrupted when a signal comes.
double ask_penalty(std::span<const double> weights, double loss);

}  // namespace lorahub::cli
