#include "plan/lengths.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "objective/objective.hpp"
#include "study/retrievals.hpp"
#include "study/trial.hpp"
#include "task/score.hpp"

namespace lorahub::plan {
namespace {

task::Bound bound_of(const study::Trial& trial, const Reader& reader) {
  return {.tokens = trial.max_input, .remedy = "raise task.max_input", .window = reader.window};
}

// The tokens that a loss reads of a shot's input or target, as objective::tokenize() cuts them:
// none of a decoder-only model's, whose question stands at the prompt's end.
double most_read(const text::Tokenizer* tokenizer) {
  const bool cuts = tokenizer == nullptr || !tokenizer->pairs_are_one_sequence();
  return cuts ? objective::kMostTokens : std::numeric_limits<double>::infinity();
}

void add_shots(const study::Trial& trial, const task::Task& task, const Reader& reader,
               Lengths& all) {
  const text::Tokenizer* tokenizer = reader.tokenizer;
  const double most = most_read(tokenizer);
  for (size_t i = 0; i < task.shots.size(); ++i) {
    const double source = task::count_tokens(tokenizer, task.shots[i].input);
    const double target = task::count_tokens(tokenizer, task.shots[i].target);
    if (tokenizer != nullptr)
      task::check_length(source, task::row_place(trial.task_files.pool, task.shot_rows[i]),
                         bound_of(trial, reader));
    all.cut += std::max(source, target) > most ? 1 : 0;
    all.shots.push_back({.source = std::min(source, most), .target = std::min(target, most)});
  }
}

void add_prompts(const study::Trial& trial, const task::Task& task, const Reader& reader,
                 Lengths& all) {
  const text::Tokenizer* tokenizer = reader.tokenizer;
  const bool icl = trial.method == study::Method::icl;
  const task::IclLayout layout = task::icl_layout(tokenizer);
  const std::string& file =
      trial.task_files.test.empty() ? trial.task_files.pool : trial.task_files.test;
  for (size_t i = 0; i < task.test.size(); ++i) {
    const task::Example& row = task.test[i];
    const double source = task::count_tokens(
        tokenizer, icl ? task::icl_prompt(task.shots, row.input, layout) : row.input);
    if (tokenizer != nullptr)
      task::check_length(source,
                         task::row_place(file, task.test_rows[i]) +
                             (icl ? base::format(" behind {} shots", task.shots.size()) : ""),
                         bound_of(trial, reader));
    all.prompts.push_back(
        {.source = source,
         .target = row.target.empty() ? 0 : task::count_tokens(tokenizer, row.target),
         .options = task.scoring == study::Scoring::options
                        ? static_cast<int>(task::options(row.input).size())
                        : 0});
  }
}

}  // namespace

Lengths lengths(const study::Trial& trial, const task::Task& task, const Reader& reader,
                Reads reads) {
  Lengths all;
  add_shots(trial, task, reader, all);
  if (reads == Reads::shots_and_prompts) add_prompts(trial, task, reader, all);
  return all;
}

size_t count_cut(const text::Tokenizer& tokenizer, const std::vector<task::Example>& examples) {
  const double most = most_read(&tokenizer);
  return static_cast<size_t>(std::ranges::count_if(examples, [&](const task::Example& row) {
    return std::max(task::count_tokens(&tokenizer, row.input),
                    task::count_tokens(&tokenizer, row.target)) > most;
  }));
}

bool has_loss(const study::Trial& trial) {
  return study::measures_candidates(trial.method) || study::trains(trial.method) ||
         (study::uses_modules(trial.method) && study::has_loss(study::info(trial.retrieve.by)));
}

std::string sentence(const CutShots& shots) {
  if (shots.cut == 0) return "";
  return base::format(
      "of {} of {} shots a loss reads the first {} tokens alone, as the official one (inputs to be "
      "answered are read whole), shorten them if the end matters",
      shots.cut, shots.of, objective::kMostTokens);
}

void ShortAnswers::add(const std::vector<Lengths::RowLengths>& prompts, const Limits& limits) {
  for (const Lengths::RowLengths& prompt : prompts) {
    if (prompt.options > 0) continue;
    ++of;
    if (limits.window == 0 ||
        prompt.source + limits.max_tokens <= static_cast<double>(limits.window))
      continue;
    window = ended == 0 ? limits.window : std::min(window, limits.window);
    ++ended;
  }
}

std::string sentence(const ShortAnswers& answers) {
  if (answers.ended == 0) return "";
  return base::format(
      "of {} of {} prompts an answer may have fewer than max_tokens, since the model reads and "
      "writes "
      "at most {} tokens (max_position_embeddings; {}), shorten the prompts if the end matters",
      answers.ended, answers.of, answers.window, kWritesOn);
}

}  // namespace lorahub::plan
