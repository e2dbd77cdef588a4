// How the report treats the conditions of a method, by its role in the table of study/methods.hpp.
// A result file may have methods that this program does not know; those have the role `other`.
#pragma once
#include <string>
#include <vector>

#include "report/summary.hpp"
#include "study/methods.hpp"

namespace lorahub::report {

study::ReportRole role_of(const std::string& method);

// The words of the methods that have the role, in the table's order.
std::vector<std::string> methods_of(study::ReportRole role);

// The first of them, which names the role in headings and sentences: "zero_shot" for the base.
std::string word_of(study::ReportRole role);

// How a sentence of the report calls the method of the role: "the best single module".
std::string phrase_of(study::ReportRole role);

// The methods that a composition is compared with, the base first.
std::vector<std::string> controls();

// Methods in the order in which conditions are given colours.
std::vector<std::string> coloured();

// Whether the method mixes modules by a search: what the report is about before all else.
bool is_searched_composition(const std::string& method);

// The condition of the role's first method to compare `condition` with (compare.hpp). Null where
// there is none.
const Condition* control(const Summary& summary, const Condition& condition,
                         study::ReportRole role);

}  // namespace lorahub::report
