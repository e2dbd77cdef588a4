// What an adaptation found as JSON, for programs: the command line and the service say the same.
#pragma once
#include <string>
#include <vector>

#include "run/adapt.hpp"

namespace lorahub::run {

enum class AdaptedKind { text, integer, number, texts, numbers, object, objects };

// A field of the JSON. The fields of the objects inside it are named in its `meaning` alone.
struct AdaptedField {
  std::string name;
  AdaptedKind kind = AdaptedKind::text;
  std::string unit;  // of numbers; empty for texts
  std::string meaning;
};

const std::vector<AdaptedField>& adapted_fields();  // in the order of the JSON

// The fields as a table in Markdown, for the documentation.
std::string adapted_field_table();

// One object on one line, with just these fields. `out`: the folder of the adapter, as it is called
// for the reader of the JSON.
std::string adapted_json(const Adapted& adapted, const study::Trial& trial, const std::string& out);

}  // namespace lorahub::run
