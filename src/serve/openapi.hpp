// The service's description for programs: OpenAPI 3.0.2, as cog's servers give it.
#pragma once
#include <string>

namespace lorahub::serve {

std::string openapi();  // a JSON object

}  // namespace lorahub::serve
