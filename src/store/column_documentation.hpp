// The columns of a result file for people: the part of results/README.md that says what they hold.
#pragma once
#include <string>

namespace lorahub::store {

// Markdown: a section for each table, with name, type, unit and meaning of its columns.
std::string column_documentation();

}  // namespace lorahub::store
