// Regular expressions of Python's `re`, as PEFT's files have them, for names of layers. The
// translation is ours because std::regex does not read Python's syntax, and an engine that
// backtracks could take for ever on a stranger's pattern.
#pragma once
#include <regex>
#include <string>

namespace lorahub::lora {

// An expression for std::regex that matches the same names of layers (letters, digits, '_' and '.')
// as `pattern` in Python, in time that grows with the name alone. Groups capture nothing: what is
// asked is whether a name matches. Error saying what is not read alike in both: flags, back
// references, looking behind, possessive and atomic forms, letters beyond ASCII.
std::regex python_regex(const std::string& pattern);

}  // namespace lorahub::lora
