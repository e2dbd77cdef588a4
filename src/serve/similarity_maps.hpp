// How alike the modules of the libraries are: computed once for what a library holds, by a thread
// of its own.
#pragma once
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "net/message.hpp"
#include "serve/catalog.hpp"
#include "serve/task_thread.hpp"

namespace lorahub::serve {

inline constexpr size_t kMostMapped = 200;                // modules of a map
inline constexpr uint64_t kMostMappedBytes = 2ULL << 30;  // of their files, which it holds at once
// How many of these modules, counted from the first, a map has room for.
size_t mapped_count(const std::vector<Catalog::ListedModule>& modules);

class SimilarityMaps {
 public:
  explicit SimilarityMaps(const Catalog& catalog)
      : catalog_(catalog), thread_([] { return false; }) {}
  ~SimilarityMaps() { stopping_ = true; }
  SimilarityMaps(const SimilarityMaps&) = delete;
  SimilarityMaps& operator=(const SimilarityMaps&) = delete;

  // The map of those modules whose name or task holds `search`, the first kMostMapped of them; 404
  // where there is no such library or model. Several threads may call it.
  net::HttpResponse answer(const std::string& library, const std::string& model,
                           const std::string& search) const;

 private:
  struct Asked {
    std::string model, library;      // names of the catalog
    std::vector<std::string> names;  // of modules
    size_t total = 0;                // that are found
    std::string key;                 // of all that the map follows from
  };
  std::optional<std::string> known(const std::string& key) const;
  std::string made(const Asked& asked) const;

  const Catalog& catalog_;
  mutable std::mutex mutex_;
  mutable std::deque<std::pair<std::string, std::string>> known_;  // maps by key, the latest last
  std::atomic<bool> stopping_ = false;
  mutable TaskThread thread_;  // the last one, so that it ends first
};

}  // namespace lorahub::serve
