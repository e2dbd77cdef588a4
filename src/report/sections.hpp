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

// Which module helps what: weights by module and task. With chosen weights in the study.
std::optional<Figure> weight_map(const Summary& summary);

// Name of a figure's file and of its place in a page: "minilab", "minilab-forest".
std::string figure_name(const Summary& summary, const std::string& what);

// Conditions of a method, in the study's order.
std::vector<const Condition*> of_method(const Summary& summary, const std::string& method);
// The compositions of the study: conditions of lorahub and gradient.
std::vector<const Condition*> compositions(const Summary& summary);
// At most as many conditions as a figure can tell apart (those of least `place`), in the study's
// order.
std::vector<const Condition*> shown(const std::vector<const Condition*>& conditions);
inline constexpr size_t kMostSeries = 8;
inline constexpr size_t kMostNamed = 4;  // conditions in a sentence
// For the caption: " 8 of 12 conditions are drawn.", or nothing.
std::string left_out(const std::vector<const Condition*>& conditions);

}  // namespace lorahub::report
