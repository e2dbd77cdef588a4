#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/sha256.hpp"
#include "plan/environment.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

constexpr const char* kIndex =
#include "serve/index.html.inc"
    ;
constexpr const char* kScript =
#include "serve/app.js.inc"
    ;
constexpr const char* kJobsScript =
#include "serve/jobs.js.inc"
    ;
constexpr const char* kLibraryScript =
#include "serve/library.js.inc"
    ;
constexpr const char* kMapScript =
#include "serve/map.js.inc"
    ;
constexpr const char* kProbeScript =
#include "serve/probe.js.inc"
    ;
constexpr const char* kResultScript =
#include "serve/result.js.inc"
    ;
constexpr const char* kStudiesScript =
#include "serve/studies.js.inc"
    ;
constexpr const char* kStyle =
#include "serve/app.css.inc"
    ;

// The page's own files and addresses alone: what a module's card or an example holds runs nothing.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

net::HttpResponse asset(const net::HttpRequest& request, const std::string& type,
                        const char* text) {
  const std::string tag = "\"" + base::sha256(text).substr(0, 16) + "\"";
  net::HttpResponse response{.type = type + "; charset=utf-8"};
  response.fields = {{"ETag", tag},
                     {"Cache-Control", "no-cache"},
                     {"Content-Security-Policy", kPolicy},
                     {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (request.field("if-none-match") == tag) {
    response.status = 304;
  } else {
    response.body = text;
  }
  return response;
}

// What cog's servers say at this address to programs.
net::HttpResponse discovery() {
  return {.body = base::json_text(nlohmann::ordered_json{
              {"lorahub_version", plan::environment().at("version")},
              {"openapi_url", "/openapi.json"},
              {"healthcheck_url", "/health-check"},
              {"predictions_url", "/predictions"},
              {"predictions_idempotent_url", "/predictions/{prediction_id}"},
              {"predictions_cancel_url", "/predictions/{prediction_id}/cancel"}})};
}

}  // namespace

void add_page(net::Router& router) {
  const auto add = [&router](const char* path, const char* type, const char* text) {
    router.add({.method = "GET",
                .pattern = path,
                .handler = [type, text](const net::HttpRequest& request, const net::Places&) {
                  return asset(request, type, text);
                }});
  };
  router.add({.method = "GET",
              .pattern = "/",
              .handler = [](const net::HttpRequest& request, const net::Places&) {
                const bool shows_pages =
                    request.field("accept").find("text/html") != std::string::npos;
                net::HttpResponse response =
                    shows_pages ? asset(request, "text/html", kIndex) : discovery();
                response.fields.emplace_back("Vary", "Accept");
                return response;
              }});
  add("/app.js", "text/javascript", kScript);
  add("/jobs.js", "text/javascript", kJobsScript);
  add("/map.js", "text/javascript", kMapScript);
  add("/probe.js", "text/javascript", kProbeScript);
  add("/result.js", "text/javascript", kResultScript);
  add("/studies.js", "text/javascript", kStudiesScript);
  add("/library.js", "text/javascript", kLibraryScript);
  add("/app.css", "text/css", kStyle);
}

}  // namespace lorahub::serve
