// The libraries as a hub, for clients of Hugging Face that have HF_ENDPOINT set: each module is a
// model LIBRARY/NAME of one revision. Published names of a library's list, which hold a '/', are
// not served.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "net/byte_range.hpp"
#include "net/target.hpp"
#include "serve/hub_answers.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Places;
using nlohmann::ordered_json;

constexpr const char* kSince = "2026-01-01T00:00:00.000Z";
constexpr size_t kMostModels = 1000;

HttpResponse no_repository() {
  return hub_refusal(404, "There is no module of that name in this library.", "RepoNotFound");
}

class Hub {
 public:
  explicit Hub(const Served& served) : served_(served) {}

  HttpResponse list(const HttpRequest& request) const {
    const auto given = [&](const char* name) {
      const auto found = request.query.find(name);
      return found == request.query.end() ? std::string() : found->second;
    };
    const size_t most = small_number(given("limit")).value_or(kMostModels),
                 first = small_number(given("cursor")).value_or(0);
    ordered_json list = ordered_json::array();
    size_t place = 0;
    for (const auto& [library, word] : served_.catalog.libraries()) {
      if (!given("author").empty() && own_library(served_.catalog, given("author")) != library)
        continue;
      const Catalog::Page page =
          served_.catalog.page(library, {.words = given("search"),
                                         .skip = first - std::min(first, place),
                                         .most = most - list.size()});
      for (const Catalog::ListedModule& one : page.modules)
        list.push_back(summary(library, one.name, one.base));
      place += page.total;
    }
    const bool more = place > first + list.size();
    HttpResponse response{.body = base::json_text(list)};
    if (more)
      response.fields.emplace_back(
          "Link", base::format("<http://{}/api/models?search={}&limit={}&cursor={}>; rel=\"next\"",
                               request.field("host"), net::escaped_in_query(given("search")), most,
                               first + most));
    return response;
  }

  HttpResponse info(const Places& places, const std::string& revision) const {
    const auto module = find(places[0], places[1]);
    if (!module && !is_coming(places)) return no_repository();
    if (!module) {  // its name is taken, and it has no files as yet
      ordered_json object = summary(places[0], places[1], "");
      object["sha"] = kNoCommit;
      object["siblings"] = ordered_json::array();
      return {.body = base::json_text(object)};
    }
    if (!is_revision(*module, revision)) return no_revision();
    ordered_json object = summary(places[0], places[1], "");
    object["sha"] = module->commit;
    object["siblings"] = ordered_json::array();
    for (const PublicFile& file : module->files)
      object["siblings"].push_back({{"rfilename", file.name}});
    return {.body = base::json_text(object)};
  }

  HttpResponse tree(const Places& places) const {
    const auto module = find(places[0], places[1]);
    if (!module && is_coming(places)) return {.body = "[]"};
    if (!module) return no_repository();
    if (!is_revision(*module, places[2])) return no_revision();
    ordered_json list = ordered_json::array();
    for (const PublicFile& file : module->files)
      list.push_back({{"type", "file"},
                      {"path", file.name},
                      {"size", file.bytes},
                      {"oid", file.sha256.substr(0, module->commit.size())}});
    return {.body = base::json_text(list)};
  }

  HttpResponse file(const HttpRequest& request, const Places& places) const {
    const auto module = find(places[0], places[1]);
    if (!module && is_coming(places)) return no_file(kNoCommit);
    if (!module) return no_repository();
    if (!is_revision(*module, places[2])) return no_revision();
    const PublicFile* file = module->find(places[3]);
    if (file == nullptr) return no_file(module->commit);
    HttpResponse response{.type = "application/octet-stream",
                          .file = std::make_shared<const base::MappedFile>(file->path)};
    response.fields = {{"ETag", "\"" + file->sha256 + "\""},
                       {"X-Repo-Commit", module->commit},
                       {"Content-Disposition", "attachment; filename=\"" + file->name + "\""}};
    return net::ranged(request, std::move(response));
  }

 private:
  std::optional<PublicModule> find(const std::string& library, const std::string& name) const {
    const std::string own = own_library(served_.catalog, library);
    if (!served_.catalog.libraries().contains(own)) return std::nullopt;
    return served_.modules.find(own, name);
  }
  bool is_coming(const Places& places) const {
    return served_.intake.state({own_library(served_.catalog, places[0]), places[1]}).has_value();
  }
  static bool is_revision(const PublicModule& module, const std::string& revision) {
    return revision == "main" || revision == module.commit;
  }
  static HttpResponse no_file(const std::string& commit) {
    HttpResponse response = hub_refusal(404, "The module has no such file.", "EntryNotFound");
    response.fields.emplace_back("X-Repo-Commit", commit);
    return response;
  }
  static HttpResponse no_revision() {
    return hub_refusal(404, "The module has the revision main alone.", "RevisionNotFound");
  }
  static ordered_json summary(const std::string& library, const std::string& name,
                              const std::string& base) {
    const std::string id = library + "/" + name;
    ordered_json tags{"peft", "lora", "safetensors"};
    if (!base.empty()) tags.push_back("base_model:" + base);
    return {{"id", id},         {"modelId", id},       {"author", library},
            {"private", false}, {"gated", false},      {"disabled", false},
            {"downloads", 0},   {"likes", 0},          {"library_name", "peft"},
            {"tags", tags},     {"createdAt", kSince}, {"lastModified", kSince}};
  }

  const Served& served_;
};

HttpResponse who() {
  return {.body = base::json_text(ordered_json{
              {"type", "user"},
              {"name", kHubOwner},
              {"orgs", ordered_json::array()},
              {"auth", {{"accessToken", {{"displayName", "token"}, {"role", "write"}}}}}})};
}

}  // namespace

std::optional<size_t> small_number(const std::string& text) {
  const bool is_one =
      !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
  return is_one ? std::optional(std::stoul(text)) : std::nullopt;
}

void add_hub(net::Router& router, const Served& served) {
  const auto hub = std::make_shared<const Hub>(served);
  const auto add = [&router](const char* pattern, auto handler) {
    router.add({.method = "GET", .pattern = pattern, .handler = handler});
  };
  add("/api/whoami-v2", [](const HttpRequest&, const Places&) { return who(); });
  add("/api/models",
      [hub](const HttpRequest& request, const Places&) { return hub->list(request); });
  add("/api/models/{library}/{module}",
      [hub](const HttpRequest&, const Places& places) { return hub->info(places, "main"); });
  add("/api/models/{library}/{module}/revision/{revision}",
      [hub](const HttpRequest&, const Places& places) { return hub->info(places, places[2]); });
  add("/api/models/{library}/{module}/tree/{revision}",
      [hub](const HttpRequest&, const Places& places) { return hub->tree(places); });
  add("/{library}/{module}/resolve/{revision}/{file}",
      [hub](const HttpRequest& request, const Places& places) {
        return hub->file(request, places);
      });
}

}  // namespace lorahub::serve
