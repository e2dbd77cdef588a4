// The addresses of the service, by whom they are for. One model of jobs, several dialects over it.
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "net/router.hpp"
#include "serve/catalog.hpp"
#include "serve/estimator.hpp"
#include "serve/intake.hpp"
#include "serve/jobs.hpp"
#include "serve/metrics.hpp"
#include "serve/public_modules.hpp"
#include "serve/secrets.hpp"
#include "serve/similarity_maps.hpp"
#include "serve/studies.hpp"
#include "serve/task_thread.hpp"
#include "serve/webhooks.hpp"

namespace lorahub::serve {

struct Served {
  const Catalog& catalog;
  Jobs& jobs;
  Estimator& estimator;
  const WebhookPrefixes& webhook_prefixes;
  const Webhooks& webhooks;
  Studies& studies;
  Intake& intake;
  TaskThread& tasks;             // that changes libraries
  const PublicModules& modules;  // as they go out to others
  const SimilarityMaps& maps;
  bool has_token = true;
  int ranks = 1;
  std::string device = "cpu";
};

void add_page(net::Router& router);                               // what a browser shows
void add_service(net::Router& router, const Served& served);      // health, models, libraries
void add_predictions(net::Router& router, const Served& served);  // cog's clients
void add_studies(net::Router& router, const Served& served);      // results folders
void add_replicate(net::Router& router, const Served& served);    // Replicate's clients

// A prediction as Replicate's clients know it; `origin`: the address by which the client asked.
std::string replicate_prediction(const std::string& origin, const ServiceJob& job,
                                 const Jobs& jobs);

// Hugging Face's clients: reading, and what changes an open library.
void add_hub(net::Router& router, const Served& served);
void add_hub_uploads(net::Router& router, const Served& served);

// A result into an open library.
void add_publish(net::Router& router, const Served& served);
void add_metrics(net::Router& router, const Served& served, const Metrics& metrics);

// Whether the body of a request is a commit, which is too large to be held in memory.
bool is_commit(const net::HttpRequest& head);

// A number in a query; nothing where the text is no whole number below a million.
std::optional<size_t> small_number(const std::string& text);

// The paths that need no token: the page asks for one, and whoever watches the service needs none.
const std::set<std::string>& open_paths();

// The job that a request asks for by the `input` of its JSON body; or why there is none: 415 and
// 400 for what is no JSON, 422 for a wrong input, 409 for an id that is in use, 429 where there is
// no room for it.
struct Taken {
  std::optional<net::HttpResponse> refusal = {};
  ServiceJob job = {};
};
struct AskedJob {
  std::string id = {};               // by the address; "": none
  std::optional<JobKind> kind = {};  // by the address; none: the input says it
  std::string origin = {};           // as in ServiceJob
  std::string caller = {};           // set by take_job()
  Webhook webhook = {};
};
net::HttpResponse wrong_input(const WrongInput& error);  // 422, as cog words it
Taken take_job(const net::HttpRequest& request, const Served& served, AskedJob asked);

// The job of this id, where the caller may see it: callers see their own jobs, and the admin
// everyone's.
std::optional<ServiceJob> job_of(const std::string& caller, const std::string& id,
                                 const Served& served);
// A page of the jobs that the caller may see, the latest first: those of the query's `status`, and
// older than its `cursor`.
struct JobPage {
  std::optional<net::HttpResponse> refusal = {};  // of a cursor that is none
  std::vector<ServiceJob> jobs = {};
  std::string next = {};  // the query of the next page; "": there is none
};
JobPage page_of_jobs(const net::HttpRequest& request, const Served& served);

}  // namespace lorahub::serve
