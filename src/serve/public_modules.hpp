// Modules as they go out to others: safetensors alone, whatever format they came in, and a
// configuration and a card that hold nothing of this machine. The folders of an open library go out
// as they are.
#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/catalog.hpp"

namespace lorahub::serve {

inline constexpr size_t kCommitDigits = 40;  // hexadecimal ones of a commit's name

struct PublicFile {
  std::string name;
  std::filesystem::path path;
  std::string sha256;
  uintmax_t bytes = 0;
};

struct PublicModule {
  std::string commit;  // 40 hexadecimal digits, of what the files hold
  std::vector<PublicFile> files;
  const PublicFile* find(const std::string& name) const;  // null where there is none
};

// Several threads may call it.
class PublicModules {
 public:
  // `folder`: where copies are kept, by the hash of what they were made of.
  PublicModules(const Catalog& catalog, std::filesystem::path folder)
      : catalog_(catalog), folder_(std::move(folder)) {}

  // Nothing where the library has no such module, or one that can't be read.
  std::optional<PublicModule> find(const std::string& library, const std::string& name) const;

 private:
  const Catalog& catalog_;
  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, PublicModule> known_;  // by place, sizes and times of the files
};

}  // namespace lorahub::serve
