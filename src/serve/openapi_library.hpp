// The part of the service's description that is about libraries: listings, Hugging Face's routes,
// and what changes an open library.
#pragma once
#include <string>

namespace lorahub::serve {

std::string library_paths();  // a JSON object, by path

}  // namespace lorahub::serve
