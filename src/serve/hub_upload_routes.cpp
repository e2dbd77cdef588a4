// How Hugging Face's clients change an open library: names are made and deleted, and files arrive
// within commits, since each is answered to be "regular".
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "lora/module_card.hpp"
#include "lora/peft.hpp"
#include "serve/hub_answers.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Places;
using nlohmann::json;
using nlohmann::ordered_json;

class HubUploads {
 public:
  explicit HubUploads(const Served& served) : served_(served) {}

  HttpResponse create(const HttpRequest& request) const {
    const RequestObject body(request);
    check_kind(body);
    const std::string owner =
        body.text("organization").empty() ? kHubOwner : body.text("organization");
    const std::string name = body.text("name");
    const ModulePlace place = open_place(served_.catalog, owner, name);
    const std::string id = owner + "/" + name;
    // Clients that are content with a module that is there read its address all the same.
    ordered_json reply{{"url", module_address(request, id)}, {"name", id}, {"id", id}};
    return later([this, place, reply, user = request.caller]() mutable -> HttpResponse {
      if (served_.intake.create(place, user)) return {.body = base::json_text(reply)};
      reply["error"] = "There is a module of that name already.";
      return {.status = 409, .body = base::json_text(reply)};
    });
  }

  HttpResponse remove(const HttpRequest& request) const {
    const RequestObject body(request);
    check_kind(body);
    const std::string owner =
        body.text("organization").empty() ? kHubOwner : body.text("organization");
    const ModulePlace place = open_place(served_.catalog, owner, body.text("name"));
    return later([this, place, user = request.caller]() -> HttpResponse {
      check_there(place, "");
      check_owner(place, user);
      served_.intake.remove(place);
      return {.body = "{}"};
    });
  }

  // Which of the files are taken, before any bytes travel.
  HttpResponse preupload(const HttpRequest& request, const Places& places) const {
    const ModulePlace place = open_place(served_.catalog, places[0], places[1]);
    check_branch(request, places[2]);
    if (is_there(place)) check_owner(place, request.caller);
    ordered_json modes = ordered_json::array();
    for (const json& file : json::parse(RequestObject(request).list("files"))) {
      const bool is_file = file.is_object() && file.value("path", json()).is_string() &&
                           file.value("size", json()).is_number_unsigned();
      if (!is_file) throw_refusal(422, "A file has no path and size, send both.");
      served_.intake.check_file(file["path"], file["size"]);
      modes.push_back({{"path", file["path"]}, {"uploadMode", "regular"}, {"shouldIgnore", false}});
    }
    return {.body = base::json_text(ordered_json{{"files", modes}})};
  }

  HttpResponse commit(const HttpRequest& request, const Places& places) const {
    const ModulePlace place = open_place(served_.catalog, places[0], places[1]);
    check_branch(request, places[2]);
    const std::string id = places[0] + "/" + places[1], address = module_address(request, id);
    return later([this, place, address, user = request.caller, lines = request.spooled] {
      check_there(place, ", create it first");
      check_owner(place, user);
      served_.intake.commit(place, lines->file(), head(place));
      const std::string now = head(place);
      return HttpResponse{
          .body = base::json_text(ordered_json{
              {"success", true}, {"commitOid", now}, {"commitUrl", address + "/commit/" + now}})};
    });
  }

  static HttpResponse check_card(const HttpRequest& request) {
    const RequestObject body(request);
    const lora::ModuleCard card = lora::parse_card(body.text("content"), lora::kCardFile);
    ordered_json errors = ordered_json::array();
    if (!card.problem.empty()) errors.push_back({{"message", card.problem}});
    return {.status = errors.empty() ? 200 : 400,
            .body = base::json_text(
                ordered_json{{"errors", errors}, {"warnings", ordered_json::array()}})};
  }

 private:
  template <class Act>
  HttpResponse later(Act act) const {
    return served_.tasks.answer_later([act]() mutable { return answered_or_refused(act); });
  }

  bool is_there(const ModulePlace& place) const {
    return served_.intake.state(place) || served_.catalog.has(place.library, place.module);
  }

  void check_there(const ModulePlace& place, const std::string& advice) const {
    if (!is_there(place))
      throw_refusal(404, "There is no module of that name in this library" + advice + ".",
                    "RepoNotFound");
  }

  void check_owner(const ModulePlace& place, const std::string& user) const {
    if (!served_.intake.may_change(place, user))
      throw_refusal(403,
                    "The module is of another user, ask them or the service's admin, or choose "
                    "another name.");
  }

  static void check_kind(const RequestObject& body) {
    const std::string kind = body.text("type");
    if (!kind.empty() && kind != "model")
      throw_refusal(422, "Only models are kept here, leave out the type.");
    if (body.truth("private"))
      throw_refusal(422, "Modules of a library are for all its users, leave out `private`.");
  }

  static void check_branch(const HttpRequest& request, const std::string& revision) {
    if (revision != "main")
      throw_refusal(404, "A module has the revision main alone.", "RevisionNotFound");
    if (request.query.contains("create_pr") && request.query.at("create_pr") != "0")
      throw_refusal(403, "There are no pull requests here, commit to main.");
  }

  // Of what is listed, or of nothing yet.
  std::string head(const ModulePlace& place) const {
    const auto module = served_.modules.find(place.library, place.module);
    return module ? module->commit : std::string(kNoCommit);
  }

  const Served& served_;
};

}  // namespace

bool is_commit(const HttpRequest& head) {
  return head.method == "POST" && head.path.starts_with("/api/models/") &&
         head.path.find("/commit/") != std::string::npos;
}

void add_hub_uploads(net::Router& router, const Served& served) {
  const auto uploads = std::make_shared<const HubUploads>(served);
  const auto add = [&router](const char* method, const char* pattern, auto handler) {
    router.add({.method = method,
                .pattern = pattern,
                .handler = [handler](const HttpRequest& request, const Places& places) {
                  return answered_or_refused([&] { return handler(request, places); });
                }});
  };
  add("POST", "/api/repos/create",
      [uploads](const HttpRequest& request, const Places&) { return uploads->create(request); });
  add("DELETE", "/api/repos/delete",
      [uploads](const HttpRequest& request, const Places&) { return uploads->remove(request); });
  add("POST", "/api/validate-yaml",
      [](const HttpRequest& request, const Places&) { return HubUploads::check_card(request); });
  add("POST", "/api/models/{library}/{module}/preupload/{revision}",
      [uploads](const HttpRequest& request, const Places& places) {
        return uploads->preupload(request, places);
      });
  add("POST", "/api/models/{library}/{module}/commit/{revision}",
      [uploads](const HttpRequest& request, const Places& places) {
        return uploads->commit(request, places);
      });
}

}  // namespace lorahub::serve
