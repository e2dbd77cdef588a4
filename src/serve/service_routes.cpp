#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "plan/environment.hpp"
#include "serve/input_fields.hpp"
#include "serve/openapi.hpp"
#include "serve/routes.hpp"
#include "study/single_trial.hpp"
#include "task/task.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::ordered_json;

constexpr const char* kSampleTask = "mini/unseen/E1_isa_letter";  // of the mini-lab
constexpr size_t kMostListed = 1000;  // modules, where no other limit is given
constexpr size_t kSampleRows = 5, kSampleTestRows = 20;

net::HttpResponse reply(const ordered_json& object) { return {.body = base::json_text(object)}; }

ordered_json version() {
  const auto environment = plan::environment();
  return {{"lorahub", environment.at("version")}};
}

// READY, or BUSY while a job is computed, which one may add jobs to all the same.
net::HttpResponse health(const Served& served) {
  return reply({{"status", served.jobs.is_computing() ? "BUSY" : "READY"},
                {"version", version()},
                {"token", served.has_token}});
}

ordered_json rows_json(const std::string& file, size_t most) {
  ordered_json rows = ordered_json::array();
  for (const task::Example& one : task::read_examples(file)) {
    if (rows.size() == most) break;
    rows.push_back({{"input", one.input}, {"target", one.target}});
  }
  return rows;
}

// Rows to begin with, where the mini-lab is served.
ordered_json samples(const Served& served) {
  for (const auto* words : {&served.catalog.models(), &served.catalog.libraries()})
    if (!words->contains("mini")) return ordered_json::array();
  try {
    const study::TaskFiles files = study::single_task(kSampleTask).named.files;
    return {{{"name", "Which one is a fruit? (mini-lab)"},
             {"model", "mini"},
             {"library", "mini"},
             {"examples", rows_json(files.pool, kSampleRows)},
             {"test", rows_json(files.test, kSampleTestRows)}}};
  } catch (const base::Error&) {
    return ordered_json::array();  // the mini-lab's tasks are not installed
  }
}

net::HttpResponse service(const Served& served) {
  const auto environment = plan::environment();
  ordered_json models = ordered_json::array(), libraries = ordered_json::array();
  for (const auto& [name, word] : served.catalog.models()) models.push_back(name);
  for (const auto& [name, word] : served.catalog.libraries())
    libraries.push_back({{"name", name},
                         {"modules", served.catalog.count(name)},
                         {"open", served.catalog.is_open(name)}});
  return reply(
      {{"version", environment.at("version")},
       {"commit", environment.at("commit")},
       {"models", models},
       {"libraries", libraries},
       {"max_upload_bytes", served.intake.most()},
       {"searches", searches()},
       {"ranks", served.ranks},
       {"device", served.device},
       {"queue",
        {{"waiting", served.jobs.waiting()}, {"running", served.jobs.is_computing() ? 1 : 0}}},
       {"samples", samples(served)}});
}

// Names that are taken and not listed: what is received, checked, or was refused.
ordered_json coming(const Served& served, const std::string& library) {
  ordered_json list = ordered_json::array();
  for (const auto& [name, state] : served.intake.states(library))
    list.push_back(
        {{"name", name}, {"state", state.state}, {"reason", state.reason}, {"since", state.since}});
  return list;
}

std::string of_query(const net::HttpRequest& request, const char* word) {
  const auto found = request.query.find(word);
  return found == request.query.end() ? std::string() : found->second;
}

net::HttpResponse modules(const Served& served, const net::HttpRequest& request,
                          const std::string& name) {
  if (!served.catalog.libraries().contains(name))
    return net::refusal(404, "There is no library of that name.");
  const Catalog::Page found = served.catalog.page(
      name, {.words = of_query(request, "search"),
             .skip = small_number(of_query(request, "skip")).value_or(0),
             .most = small_number(of_query(request, "limit")).value_or(kMostListed)});
  ordered_json list = ordered_json::array();
  for (const Catalog::ListedModule& one : found.modules)
    list.push_back({{"name", one.name},
                    {"task", one.task},
                    {"rank", one.rank},
                    {"base", one.base},
                    {"license", one.license},
                    {"bytes", one.bytes},
                    {"self_tests", one.self_tests},
                    {"verdict", served.intake.verdict({name, one.name}, one.sha256)}});
  return reply({{"modules", std::move(list)},
                {"total", found.total},
                {"open", served.catalog.is_open(name)},
                {"coming", coming(served, name)}});
}

}  // namespace

const std::set<std::string>& open_paths() {
  static const std::set<std::string> paths{
      "/",           "/app.js",     "/jobs.js", "/probe.js",     "/map.js", "/result.js",
      "/studies.js", "/library.js", "/app.css", "/health-check", "/healthz"};
  return paths;
}

void add_service(net::Router& router, const Served& served) {
  router.add({.method = "GET",
              .pattern = "/health-check",
              .handler = [&served](const auto&, const auto&) { return health(served); }});
  router.add({.method = "GET", .pattern = "/healthz", .handler = [](const auto&, const auto&) {
                return net::HttpResponse{.type = "text/plain", .body = "ok\n"};
              }});
  router.add({.method = "GET", .pattern = "/openapi.json", .handler = [](const auto&, const auto&) {
                return net::HttpResponse{.body = openapi()};
              }});
  router.add({.method = "GET",
              .pattern = "/api/service",
              .handler = [&served](const auto&, const auto&) { return service(served); }});
  router.add({.method = "GET",
              .pattern = "/api/libraries/{name}/modules",
              .handler = [&served](const net::HttpRequest& request, const net::Places& places) {
                return modules(served, request, places.front());
              }});
  router.add({.method = "GET",
              .pattern = "/api/libraries/{name}/similarity",
              .handler = [&served](const net::HttpRequest& request, const net::Places& places) {
                return served.maps.answer(places.front(), of_query(request, "model"),
                                          of_query(request, "search"));
              }});
}

}  // namespace lorahub::serve
