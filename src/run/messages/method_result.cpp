#include "run/messages/method_result.hpp"

#include <cmath>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "run/messages/requests.hpp"

namespace lorahub::run {
namespace {

void check_whole(bool ok) {
  base::check(ok,
              "a rank's training came back in another form (the ranks may be different builds), "
              "start the same program on all nodes");
}

bool is_count(double number) {
  constexpr double kMost = 9007199254740992;  // 2^53
  return number >= 0 && number <= kMost && number == std::floor(number);
}

}  // namespace

std::string pack(const MethodResult& choice) {
  std::vector<double> path, losses;
  for (const search::Generation& g : choice.generations) {
    path.insert(path.end(), g.population.weights.begin(), g.population.weights.end());
    losses.push_back(g.losses.front());
  }
  const std::vector<double> numbers{choice.loss, static_cast<double>(choice.steps),
                                    static_cast<double>(choice.backwards)};
  std::vector<std::string> parts{bytes(choice.weights), bytes(path), bytes(losses),
                                 bytes(choice.shot_sums), bytes(numbers)};
  parts.insert(parts.end(), choice.answers.begin(), choice.answers.end());
  return base::pack_texts(parts);
}

MethodResult unpack_result(const std::string& all) {
  const std::vector<std::string> parts = base::unpack_texts(all);
  check_whole(parts.size() >= 5);
  const std::vector<double> path = doubles(parts.at(1)), losses = doubles(parts.at(2));
  const std::vector<double> numbers = doubles(parts.at(4));
  check_whole(numbers.size() == 3 && is_count(numbers[1]) && is_count(numbers[2]));
  MethodResult choice{.weights = doubles(parts.at(0)),
                      .loss = numbers.at(0),
                      .answers = {parts.begin() + 5, parts.end()},
                      .shot_sums = doubles(parts.at(3)),
                      .steps = static_cast<long>(numbers.at(1)),
                      .backwards = static_cast<long>(numbers.at(2))};
  const size_t n = choice.weights.size();
  check_whole(path.size() == losses.size() * n);
  for (size_t i = 0; i < losses.size(); ++i) {
    const auto row = path.begin() + static_cast<ptrdiff_t>(i * n);
    choice.generations.push_back({.population = {.dim = static_cast<int>(n),
                                                 .weights = {row, row + static_cast<ptrdiff_t>(n)}},
                                  .losses = {losses[i]}});
  }
  return choice;
}

}  // namespace lorahub::run
