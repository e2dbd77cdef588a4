// What an adaptation found as JSON, for programs: the command line and the service say the same.
#pragma once
#include <string>
#include <vector>

#include "run/adapt.hpp"

namespace lorahub::run {

enum class AdaptedKind { text, integer, number, texts, numbers, object, objects };

// A field of the JSON. A field of objects has those of each object below it.
struct AdaptedField {
  std::string name;
  AdaptedKind kind = AdaptedKind::text;
  std::string unit;  // of numbers; empty for texts
  std::string meaning;
};

const std::vector<AdaptedField>& adapted_fields();  // in the order of the JSON

// The fields as a table in Markdown, for the documentation.
std::string adapted_field_table();

// One object on one line, with just these fields. `out`: where the adapter is, as the one who asks
// may find it.
std::string adapted_json(const Adapted& adapted, const study::Trial& trial, const std::string& out);

}  // namespace lorahub::run
