// The service's description for programs: OpenAPI 3.0.2, as cog's servers give it.
#pragma once
#include <string>

#include "serve/service_job.hpp"

namespace lorahub::serve {

std::string openapi();  // a JSON object

// What the names of a model's schemas begin with: "Infer" of "InferInput" and "InferOutput".
std::string schema_prefix(JobKind kind);

}  // namespace lorahub::serve
