// The service as Replicate's clients know it: the model lorahub/adapt under /v1.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/nesting.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "plan/environment.hpp"
#include "serve/openapi.hpp"
#include "serve/prediction.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Places;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kDescriptions[] = {
    "few examples in, one LoRA adapter composed of a library's out",
    "answers to prompts, by the base model or with an adapter",
    "each module of a library alone on a few examples"};
constexpr int kUsualWait = 60, kMostWait = 60;  // seconds of `Prefer: wait`

// What Replicate calls a version: 64 hexadecimal digits, here of this program's model.
std::string version_id(JobKind kind) {
  const auto environment = plan::environment();
  return base::sha256(environment.at("version") + environment.at("commit") +
                      (kind == JobKind::adapt ? "" : "lorahub/" + name(kind)));
}

std::string origin(const HttpRequest& request) { return "http://" + request.field("host"); }

HttpResponse reply(const HttpRequest& request, int status, const ServiceJob& job,
                   const Served& served) {
  return {.status = status, .body = replicate_prediction(origin(request), job, served.jobs)};
}

std::string title(int status) {
  switch (status) {
    case 404:
      return "Not found";
    case 409:
      return "Conflict";
    case 429:
      return "Too many requests";
    default:
      return "Input validation failed";
  }
}

// A refusal in the words of RFC 9457, as Replicate's clients read it.
HttpResponse problem(int status, const std::string& detail) {
  return {.status = status,
          .type = "application/problem+json",
          .body = base::json_text(
              ordered_json{{"title", title(status)}, {"detail", detail}, {"status", status}})};
}

HttpResponse problem(const HttpResponse& refusal) {
  const ordered_json detail = ordered_json::parse(refusal.body)["detail"];
  HttpResponse response =
      problem(refusal.status, detail.is_string() ? detail.get<std::string>()
                                                 : detail.front()["msg"].get<std::string>());
  response.fields = refusal.fields;
  return response;
}

HttpResponse unknown_problem() { return problem(404, "There is no prediction of that id."); }

// Seconds of "wait" or "wait=5"; 0 where the client does not wait.
double wait_seconds(const HttpRequest& request) {
  const std::string text = request.field("prefer");
  if (!text.starts_with("wait")) return 0;
  if (!text.starts_with("wait=")) return kUsualWait;
  const std::string number = text.substr(5);
  if (number.empty() || number.size() > 4 ||
      number.find_first_not_of("0123456789") != std::string::npos)
    return kUsualWait;
  return std::min(std::stoi(number), kMostWait);
}

// The prediction once it has ended, or when the time is over. One that is computed then is called
// "starting", since the client takes "processing" for an answer without output.
HttpResponse created(const HttpRequest& request, const ServiceJob& job, const Served& served) {
  const double seconds = wait_seconds(request);
  if (seconds == 0) return reply(request, 201, job, served);
  HttpRequest head = request;
  head.body = {};  // which may be large
  HttpResponse response;
  response.later = [head, id = job.id, seconds, clock = base::Stopwatch(),
                    &served]() -> std::optional<HttpResponse> {
    const std::optional<Jobs::State> state = served.jobs.state(id);
    const bool ended = !state || has_ended(state->status);
    if (!ended && clock.seconds() < seconds) return std::nullopt;
    std::optional<ServiceJob> now = served.jobs.find(id);
    if (!now) return unknown_problem();
    if (!has_ended(now->status)) {
      now->status = JobStatus::starting;
      now->started.clear();
    }
    return reply(head, 201, *now, served);
  };
  return response;
}

// The model that a version means: its id, or "lorahub/adapt" with or without one.
std::optional<JobKind> kind_of_version(const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  for (const JobKind kind : kJobKinds)
    if (text == version_id(kind) || name == "lorahub/" + serve::name(kind)) return kind;
  return std::nullopt;
}

// `kind`: by the address; none: the body names it.
HttpResponse create_as_replicate(const HttpRequest& request, const Served& served,
                                 std::optional<JobKind> kind) {
  if (!kind) {
    const auto body = json::parse(base::shallow_json(request.body), nullptr, false);
    const auto wanted = body.is_object() && body.contains("version") ? body["version"] : json("");
    if (wanted.is_string()) kind = kind_of_version(wanted.get<std::string>());
    if (!kind)
      return problem(422,
                     "This service has three models, give the version `lorahub/adapt`, "
                     "`lorahub/infer` or `lorahub/probe`.");
  }
  const Taken taken = take_job(request, served, {.kind = kind, .origin = origin(request)});
  return taken.refusal ? problem(*taken.refusal) : created(request, taken.job, served);
}

HttpResponse list_as_replicate(const HttpRequest& request, const Served& served) {
  const JobPage page = page_of_jobs(request, served);
  if (page.refusal) return problem(*page.refusal);
  ordered_json results = ordered_json::array(), next;
  for (const ServiceJob& job : page.jobs)
    results.push_back(ordered_json::parse(replicate_prediction(origin(request), job, served.jobs)));
  if (!page.next.empty()) next = origin(request) + "/v1/predictions?" + page.next;
  return {.body = base::json_text(
              ordered_json{{"previous", nullptr}, {"next", next}, {"results", results}})};
}

HttpResponse find_as_replicate(const HttpRequest& request, const Served& served,
                               const std::string& id) {
  const std::optional<ServiceJob> job = job_of(request.caller, id, served);
  return job ? reply(request, 200, *job, served) : unknown_problem();
}

HttpResponse cancel_as_replicate(const HttpRequest& request, const Served& served,
                                 const std::string& id) {
  if (!job_of(request.caller, id, served)) return unknown_problem();
  return served.jobs.cancel(id) ? find_as_replicate(request, served, id) : unknown_problem();
}

std::string replicate_event(const char* kind, size_t id, const std::string& data) {
  std::string text = base::format("event: {}\nid: {}\n", kind, id);
  for (const std::string& line : base::split(data, '\n')) text += "data: " + line + "\n";
  return text + "\n";
}

// The events that Replicate's client knows: logs, output, error, done; each with an id.
HttpResponse stream(const HttpRequest& request, const Served& served, const std::string& id) {
  if (!job_of(request.caller, id, served)) return unknown_problem();
  HttpResponse response{.type = "text/event-stream"};
  response.fields = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  const auto told = std::make_shared<size_t>(0);
  response.stream = [id, told, &served]() -> net::Chunk {
    const std::optional<Jobs::State> state = served.jobs.state(id);
    if (state && state->generations <= *told && !has_ended(state->status)) return {};
    const std::optional<ServiceJob> job = served.jobs.find(id);
    if (!job) return {.last = true};
    net::Chunk chunk;
    const size_t now = job->course.size();
    const std::string logs = ordered_json::parse(prediction(*job, served.jobs))["logs"];
    if (*told < now) chunk.bytes = replicate_event("logs", now, base::strip(logs));
    *told = now;
    if (!has_ended(job->status)) return chunk;
    if (job->status == JobStatus::succeeded)
      chunk.bytes += replicate_event("output", now + 1, job->output);
    if (!job->error.empty()) chunk.bytes += replicate_event("error", now + 1, job->error);
    chunk.bytes += replicate_event("done", now + 2, "{}");
    chunk.last = true;
    return chunk;
  };
  return response;
}

ordered_json version_json(JobKind kind) {
  ordered_json schema = ordered_json::parse(openapi());
  auto& schemas = schema["components"]["schemas"];
  for (const char* what : {"Input", "Output"}) schemas[what] = schemas[schema_prefix(kind) + what];
  return {{"id", version_id(kind)},
          {"created_at", "2026-01-01T00:00:00Z"},
          {"cog_version", "lorahub " + plan::environment().at("version")},
          {"openapi_schema", std::move(schema)}};
}

ordered_json model_json(const HttpRequest& request, JobKind kind) {
  return {{"url", origin(request) + "/"},
          {"owner", "lorahub"},
          {"name", name(kind)},
          {"description", kDescriptions[static_cast<size_t>(kind)]},
          {"visibility", "private"},
          {"run_count", 0},
          {"latest_version", version_json(kind)}};
}

HttpResponse json_reply(const ordered_json& object) { return {.body = base::json_text(object)}; }

void add_model(net::Router& router, const Served& served, JobKind kind) {
  const std::string place = "/v1/models/lorahub/" + name(kind);
  router.add({.method = "POST",
              .pattern = place + "/predictions",
              .handler = [&served, kind](const HttpRequest& request, const Places&) {
                return create_as_replicate(request, served, kind);
              }});
  router.add({.method = "GET",
              .pattern = place,
              .handler = [kind](const HttpRequest& request, const Places&) {
                return json_reply(model_json(request, kind));
              }});
  router.add({.method = "GET",
              .pattern = place + "/versions/{version}",
              .handler = [kind](const HttpRequest&, const Places& places) {
                return places[0] == version_id(kind) ? json_reply(version_json(kind))
                                                     : problem(404, "There is no such version.");
              }});
}

void add_account(net::Router& router, const Served& served) {
  router.add({.method = "GET",
              .pattern = "/v1/webhooks/default/secret",
              .handler = [&served](const HttpRequest& request, const Places&) {
                return json_reply({{"key", served.webhooks.secret(request.caller)}});
              }});
  router.add(
      {.method = "GET", .pattern = "/v1/account", .handler = [](const HttpRequest&, const Places&) {
         return json_reply({{"type", "user"}, {"username", "lorahub"}, {"name", "lorahub"}});
       }});
}

}  // namespace

std::string replicate_prediction(const std::string& origin, const ServiceJob& job,
                                 const Jobs& jobs) {
  ordered_json object = ordered_json::parse(prediction(job, jobs, ToldCourse::left_out));
  const std::string place = origin + "/v1/predictions/" + job.id;
  object["version"] = version_id(job.kind);
  object["source"] = "api";
  object["data_removed"] = false;
  object["urls"] = {{"get", place},
                    {"cancel", place + "/cancel"},
                    {"stream", place + "/stream"},
                    {"web", origin + "/#/p/" + job.id}};
  if (object["output"].is_object() && object["output"].contains("adapter")) {
    object["output"]["adapter"] = origin + object["output"]["adapter"].get<std::string>();
    for (auto& [name, address] : object["output"]["files"].items())
      address = origin + address.get<std::string>();
  }
  return base::json_text(object);
}

void add_replicate(net::Router& router, const Served& served) {
  for (const JobKind kind : kJobKinds) add_model(router, served, kind);
  add_account(router, served);
  router.add({.method = "POST",
              .pattern = "/v1/predictions",
              .handler = [&served](const HttpRequest& request, const Places&) {
                return create_as_replicate(request, served, {});
              }});
  router.add({.method = "GET",
              .pattern = "/v1/predictions",
              .handler = [&served](const HttpRequest& request, const Places&) {
                return list_as_replicate(request, served);
              }});
  router.add({.method = "GET",
              .pattern = "/v1/predictions/{id}",
              .handler = [&served](const HttpRequest& request, const Places& places) {
                return find_as_replicate(request, served, places[0]);
              }});
  router.add({.method = "POST",
              .pattern = "/v1/predictions/{id}/cancel",
              .handler = [&served](const HttpRequest& request, const Places& places) {
                return cancel_as_replicate(request, served, places[0]);
              }});
  router.add({.method = "GET",
              .pattern = "/v1/predictions/{id}/stream",
              .handler = [&served](const HttpRequest& request, const Places& places) {
                return stream(request, served, places[0]);
              }});
}

}  // namespace lorahub::serve
