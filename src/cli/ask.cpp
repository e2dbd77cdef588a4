#include "cli/ask.hpp"

#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/signals.hpp"
#include "base/streams.hpp"
#include "base/wait_ready.hpp"

namespace lorahub::cli {
namespace {

constexpr size_t kLongest = 4096;  // bytes of an answer
constexpr int kPatience = 100;     // milliseconds between two looks at the signals

// Reads byte by byte, so that what follows the line is left for the next call.
std::string read_line() {
  std::string line;
  for (char byte = 0; line.size() < kLongest;) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (!base::wait_ready({&input, 1}, kPatience, "standard input")) {
      base::throw_if_signalled();
      continue;
    }
    base::check(::read(STDIN_FILENO, &byte, 1) == 1,
                "standard input ended where an answer was awaited (--penalty ask asks for each "
                "candidate's penalty), answer with a line such as {{\"penalty\": 0.05}}");
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return line;
}

}  // namespace

double ask_penalty(std::span<const double> weights, double loss) {
  const nlohmann::ordered_json question{
      {"ask", "penalty"},
      {"weights", std::vector<double>(weights.begin(), weights.end())},
      {"loss", loss}};
  fmt::print("{}\n", base::json_text(question));
  base::flush_output();
  const std::string line = read_line();
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  const bool good = answer.is_object() && answer.contains("penalty") &&
                    answer["penalty"].is_number() && std::isfinite(answer["penalty"].get<double>());
  base::check(good,
              "standard input: '{}' is no answer to --penalty ask (a finite number is needed), "
              "write a line such as {{\"penalty\": 0.05}}",
              line.substr(0, 80));
  return answer["penalty"].get<double>();
}

}  // namespace lorahub::cli
