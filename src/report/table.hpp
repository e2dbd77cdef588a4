// A table of text.
#pragma once
#include <string>
#include <vector>

namespace lorahub::report {

using Cells = std::vector<std::string>;

// Markdown with padded columns: the first left-aligned, the others right-aligned. Widths count
// UTF-8 characters.
std::string table(const Cells& head, const std::vector<Cells>& rows);

}  // namespace lorahub::report
