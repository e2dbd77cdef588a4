#include "serve/similarity_maps.hpp"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "run/similarity.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {
namespace {

constexpr size_t kKeptMaps = 16;  // maps
constexpr double kDigits = 1e4;   // that a cosine is rounded to

}  // namespace

size_t mapped_count(const std::vector<Catalog::ListedModule>& modules) {
  size_t count = 0;
  for (uint64_t bytes = 0; count < std::min(modules.size(), kMostMapped); ++count)
    if ((bytes += modules[count].bytes) > kMostMappedBytes) break;
  return count;
}

std::optional<std::string> SimilarityMaps::known(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(known_, key, &std::pair<std::string, std::string>::first);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

std::string SimilarityMaps::made(const Asked& asked) const {
  const auto go_on = [this] {
    if (stopping_) throw base::Interrupted("the service ends");
  };
  const std::string folder = catalog_.folder(asked.library);
  run::Similarity found = run::similarity(study::named_model(catalog_.model(asked.model)).path,
                                          folder, asked.names, go_on);
  ::malloc_trim(0);  // the modules were many small pieces, which the allocator would keep
  for (auto& row : found.cosines)
    for (double& cosine : row) cosine = std::round(cosine * kDigits) / kDigits;
  for (std::string& sentence : found.left_out) sentence = without_folder(sentence, folder);
  return base::json_text(nlohmann::ordered_json{{"modules", found.modules},
                                                {"similarity", found.cosines},
                                                {"left_out", found.left_out},
                                                {"total", asked.total}});
}

net::HttpResponse SimilarityMaps::answer(const std::string& library, const std::string& model,
                                         const std::string& search) const {
  Asked asked;
  try {
    asked.library = catalog_.library_name(library);
    asked.model = catalog_.model_name(model);
  } catch (const base::Error& error) {
    return net::refusal(404, error.what());
  }
  asked.key = asked.model + "\n" + asked.library + "\n";
  const Catalog::Page found = catalog_.page(asked.library, {.words = search, .most = kMostMapped});
  asked.total = found.total;
  for (const Catalog::ListedModule& one :
       std::span(found.modules).first(mapped_count(found.modules))) {
    asked.names.push_back(one.name);
    asked.key += one.name + "\n" + one.sha256 + "\n";
  }
  asked.key += std::to_string(asked.total);
  if (auto map = known(asked.key)) return {.body = *map};
  return thread_.answer_later([this, asked] {
    if (auto map = known(asked.key)) return net::HttpResponse{.body = *map};
    net::HttpResponse response{.body = made(asked)};
    const std::lock_guard lock(mutex_);
    known_.emplace_back(asked.key, response.body);
    if (known_.size() > kKeptMaps) known_.pop_front();
    return response;
  });
}

}  // namespace lorahub::serve
