// The JSON schema of a study file, from the table of knobs. Editors complete and check studies with
// it; configs/study.schema.json is what it says.
#pragma once
#include <string>

namespace lorahub::study {

// Draft 7, which editors of YAML read, as indented text. It is stricter than load() in form alone:
// a number stands without quotes. Some mistakes only load() finds, such as lists of zip that differ
// in length.
std::string json_schema();

}  // namespace lorahub::study
