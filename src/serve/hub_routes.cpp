// The libraries as a hub, for clients of Hugging Face that have HF_ENDPOINT set: each module is a
// model LIBRARY/NAME of one revision. Published names of a library's list, which hold a '/', are
// not served.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "net/byte_range.hpp"
#include "net/target.hpp"
#include "serve/public_modules.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Places;
using nlohmann::ordered_json;

constexpr const char* kAnyLibrary = "lorahub";  // the name of the only library for everyone
constexpr const char* kSince = "2026-01-01T00:00:00.000Z";
constexpr size_t kMostListed = 1000;

HttpResponse not_found(const char* code, const std::string& sentence) {
  HttpResponse response = net::refusal(404, sentence);
  response.fields = {{"X-Error-Code", code}, {"X-Error-Message", sentence}};
  return response;
}

HttpResponse no_repository() {
  return not_found("RepoNotFound", "There is no module of that name in this library.");
}

class Hub {
 public:
  explicit Hub(const Served& served) : served_(served), modules_(served.catalog, served.copies) {}

  HttpResponse list(const HttpRequest& request) const {
    const auto given = [&](const char* name) {
      const auto found = request.query.find(name);
      return found == request.query.end() ? std::string() : found->second;
    };
    const size_t most = number(given("limit"), kMostListed), first = number(given("cursor"), 0);
    ordered_json list = ordered_json::array();
    size_t place = 0;
    bool more = false;
    for (const auto& [library, word] : served_.catalog.libraries()) {
      if (!given("author").empty() && own(given("author")) != library) continue;
      for (const Catalog::ListedModule& one : served_.catalog.modules(library, given("search"))) {
        if (place++ < first) continue;
        if (list.size() == most) {
          more = true;
          break;
        }
        list.push_back(summary(library, one.name, one.base));
      }
    }
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
    if (!module) return no_repository();
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
    if (!module) return no_repository();
    if (!is_revision(*module, places[2])) return no_revision();
    const PublicFile* file = module->find(places[3]);
    if (file == nullptr) {
      HttpResponse response = not_found("EntryNotFound", "The module has no such file.");
      response.fields.emplace_back("X-Repo-Commit", module->commit);
      return response;
    }
    HttpResponse response{.type = "application/octet-stream",
                          .file = std::make_shared<const base::MappedFile>(file->path)};
    response.fields = {{"ETag", "\"" + file->sha256 + "\""},
                       {"X-Repo-Commit", module->commit},
                       {"Content-Disposition", "attachment; filename=\"" + file->name + "\""}};
    return net::ranged(request, std::move(response));
  }

 private:
  // `lorahub` stands for the only library.
  std::string own(const std::string& name) const {
    const NamedWords& libraries = served_.catalog.libraries();
    const bool stands_for_it = name == kAnyLibrary && libraries.size() == 1;
    return stands_for_it ? libraries.begin()->first : name;
  }
  std::optional<PublicModule> find(const std::string& library, const std::string& name) const {
    if (!served_.catalog.libraries().contains(own(library))) return std::nullopt;
    return modules_.find(own(library), name);
  }
  static bool is_revision(const PublicModule& module, const std::string& revision) {
    return revision == "main" || revision == module.commit;
  }
  static HttpResponse no_revision() {
    return not_found("RevisionNotFound", "The module has the revision main alone.");
  }
  static size_t number(const std::string& text, size_t otherwise) {
    const bool is_one = !text.empty() && text.size() < 7 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    return is_one ? std::min<size_t>(std::stoul(text), 999'999) : otherwise;
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
  const PublicModules modules_;
};

HttpResponse who() {
  return {.body = base::json_text(ordered_json{
              {"type", "user"},
              {"name", kAnyLibrary},
              {"orgs", ordered_json::array()},
              {"auth", {{"accessToken", {{"displayName", "token"}, {"role", "read"}}}}}})};
}

}  // namespace

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
