#include "cli/answer_output.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/printable.hpp"
#include "report/statistics/proportion.hpp"
#include "task/score.hpp"

namespace lorahub::cli {
namespace {

// The row as it was read, with its answer.
std::string answered_row(const task::Row& row, const std::string& answer, bool hit) {
  const std::string& target = row.example.target;
  nlohmann::json out = row.line.empty()
                           ? nlohmann::json{{"input", row.example.input}, {"target", target}}
                           : nlohmann::json::parse(row.line);
  if (out.contains("answer")) out["given_answer"] = out["answer"];
  out["answer"] = answer;
  if (!target.empty()) out["hit"] = hit;
  return base::json_text(out);
}

}  // namespace

void AnswerOutput::give(const task::Row& row, const std::string& answer) {
  const std::string& target = row.example.target;
  const bool hit = !target.empty() && task::is_hit(answer, target);
  ++rows_;
  bytes_ += row.line.size() + 1;
  hits_ += hit ? 1 : 0;
  scored_ = scored_ && !target.empty();
  if (form_ == AnswerForm::one_object)
    answers_.push_back(answer);
  else if (form_ == AnswerForm::json_lines)
    fmt::print("{}\n", answered_row(row, answer, hit));
  else
    fmt::print("{}\n", ::isatty(STDOUT_FILENO) != 0 ? base::printable(answer) : answer);
}

void AnswerOutput::end() const {
  const auto hits = static_cast<double>(hits_), rows = static_cast<double>(rows_);
  if (form_ == AnswerForm::one_object) {
    nlohmann::json out{{"answers", answers_}, {"accuracy", nullptr}};
    if (scored_) out["accuracy"] = 100 * hits / rows;
    fmt::print("{}\n", base::json_text(out));
  } else if (scored_) {
    const auto right = report::wilson(static_cast<long>(hits_), static_cast<long>(rows_));
    fmt::print(stderr, "accuracy {:.2f} % [{:.1f}, {:.1f}] of {} rows\n", right.value, right.low,
               right.high, rows_);
  }
}

}  // namespace lorahub::cli
