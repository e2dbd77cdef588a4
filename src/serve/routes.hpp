// The addresses of the service, by whom they are for. One model of jobs, several dialects over it.
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "net/router.hpp"
#include "serve/catalog.hpp"
#include "serve/jobs.hpp"

namespace lorahub::serve {

struct Served {
  const Catalog& catalog;
  Jobs& jobs;
  bool has_token = true;
  int ranks = 1;
  std::string device = "cpu";
  std::filesystem::path copies = {};  // where modules are kept as they go out to others
};

void add_page(net::Router& router);                               // what a browser shows
void add_service(net::Router& router, const Served& served);      // health, models, libraries
void add_predictions(net::Router& router, const Served& served);  // cog's clients
void add_replicate(net::Router& router, const Served& served);    // Replicate's clients

void add_hub(net::Router& router, const Served& served);  // Hugging Face's clients

// The paths that need no token: the page asks for one, and whoever watches the service needs none.
const std::set<std::string>& open_paths();

// The job that a request asks for by the `input` of its JSON body; or why there is none: 415 and
// 400 for what is no JSON, 422 for a wrong input, 409 for an id that is in use, 429 for a full
// queue.
struct Taken {
  std::optional<net::HttpResponse> refusal = {};
  ServiceJob job = {};
};
Taken take_job(const net::HttpRequest& request, const Served& served, const std::string& id);

}  // namespace lorahub::serve
