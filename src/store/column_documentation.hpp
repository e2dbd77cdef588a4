// Documents the columns of a result file for people, as a part of results/README.md.
#pragma once
#include <string>

namespace lorahub::store {

// Markdown: a section for each table, with name, type, unit and meaning of its columns.
std::string column_documentation();

}  // namespace lorahub::store
