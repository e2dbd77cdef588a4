// What all ranks of a run must have in common before they exchange anything else.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace lorahub::workers {

using Identity = std::map<std::string, std::string>;  // by name: command, commit, processor

// The identity as bytes: equal for equal identities, never empty.
std::string text_of(const Identity& identity);

// Error where a rank's text differs from rank 0's; it names the rank, its host and what differs.
void check_same(const std::vector<std::string>& hosts, const std::vector<std::string>& texts);

// The first bytes that a rank sends: its host and how long its text is. The form never changes, so
// that ranks of different versions understand each other that far.
inline constexpr size_t kHello = 256;
struct Hello {
  std::string host;
  size_t identity = 0;  // bytes of its text; 0: the rank's version sends none
};
std::string hello(const std::string& host, size_t identity);  // kHello bytes
Hello read_hello(const std::string& bytes);

// Error that names the first rank that sends no identity.
void check_versions(const std::vector<std::string>& hosts, const std::vector<size_t>& lengths);

}  // namespace lorahub::workers
