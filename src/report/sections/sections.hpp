// The sections of a report about one study, one for each research question. A section is empty
// where the study's knobs do not answer its question.
#pragma once
#include <optional>
#include <vector>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// What was run: question, answers, accuracy by task, budgets, noise, what is missing.
Section overview(const Summary& summary, const std::vector<std::string>& answers);

// Its picture: accuracy by condition, pooled over tasks.
Figure accuracy_figure(const Summary& summary);

// RQ1: do compositions generalise? With zero_shot and lorahub (or gradient) in the study.
std::optional<Section> generalisation(const Summary& summary);

// RQ2: is the search competitive? With several searches of lorahub.
std::optional<Section> searching(const Summary& summary);

// RQ3: what does it cost against in-context learning? With icl and lorahub.
std::optional<Section> efficiency(const Summary& summary);

// RQ4 and Fig. 3: accuracy along a knob. With several values of modules, rank or shots.
std::optional<Section> sweep(const Summary& summary, const std::string& knob);

// The answers to these questions, each in about two sentences from the numbers; "" where there is
// none.
std::string generalisation_answer(const Summary& summary);
std::string searching_answer(const Summary& summary);
std::string efficiency_answer(const Summary& summary);
std::string sweep_answer(const Summary& summary, const std::string& knob);

}  // namespace lorahub::report
