#include "text/tokenizer_inputs.hpp"

#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

std::vector<std::string> tokenizer_inputs(const std::filesystem::path& folder) {
  return tokenizer_kind(folder).inputs(folder);
}

}  // namespace lorahub::text
