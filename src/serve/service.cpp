#include "serve/service.hpp"

#include <malloc.h>

#include <cctype>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/guard.hpp"
#include "run/rank/rank_server.hpp"
#include "serve/job_runner.hpp"
#include "serve/prediction.hpp"
#include "serve/routes.hpp"
#include "serve/secrets.hpp"
#include "store/writer_lock.hpp"

namespace lorahub::serve {
namespace {

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

net::GuardRules rules(const ServiceOptions& options, const UserTokens& tokens) {
  net::GuardRules rules{
      .hosts = {"localhost", "127.0.0.1", "[::1]"}, .tokens = tokens, .open = open_paths()};
  rules.hosts.insert(base::lower(in_url(options.address.host)));
  for (const std::string& host : options.hosts) rules.hosts.insert(base::lower(host));
  return rules;
}

// A header that every response has: nothing is guessed of its type, and no page frames it.
void harden(net::HttpResponse& response) {
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  response.fields.emplace_back("Referrer-Policy", "no-referrer");
}

// Other users of the machine have no business with what is asked for.
void make_private(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  base::check(!error, "--data {}: can't be made ({}), choose another folder", folder.string(),
              error.message());
}

// Jobs that are asked for have their tokens counted, studies are read from their journals, and
// archives are put together.
bool is_slow(const net::HttpRequest& request) {
  return request.changes_something() || request.path.starts_with("/api/studies") ||
         request.path.ends_with(".zip");
}

class RunningService {
 public:
  RunningService(const ServiceOptions& options, run::RankServer& own,
                 workers::Dispatcher& dispatcher)
      : options_(options),
        tokens_(tokens(options)),
        rules_(rules(options, tokens_)),
        catalog_(options.models, options.libraries, options.open_libraries),
        lock_(options.data / "jobs.ndj"),
        jobs_(options.data / "jobs", options.limits),
        estimator_(options.data / "drafts", {.ranks = dispatcher.ranks(),
                                             .threads = own.hardware().threads,
                                             .device = own.hardware().device}),
        webhook_prefixes_(options.webhook_prefixes),
        webhooks_({.prefixes = webhook_prefixes_,
                   .key = signing_key(options.data / "webhook-key"),
                   .body = [this](const ServiceJob& job) { return told(job); },
                   .told = [this](const std::string& id) { jobs_.told(id); }}),
        studies_(options.results),
        intake_(catalog_, {.folder = options.data / "uploads",
                           .most = options.most_upload,
                           .bytes_each = options.limits.bytes_each,
                           .hardware = own.hardware()}),
        modules_(catalog_, options.data / "modules"),
        maps_(catalog_),
        served_{.catalog = catalog_,
                .jobs = jobs_,
                .estimator = estimator_,
                .webhook_prefixes = webhook_prefixes_,
                .webhooks = webhooks_,
                .studies = studies_,
                .intake = intake_,
                .tasks = tasks_,
                .modules = modules_,
                .maps = maps_,
                .has_token = options.token,
                .ranks = dispatcher.ranks(),
                .device = own.hardware().device == base::Device::cuda ? "cuda" : "cpu"},
        log_(options.data / "serve.log", 0),
        runner_({.jobs = jobs_, .catalog = catalog_, .estimator = estimator_}, own, dispatcher),
        tasks_([this] { return catalog_.look_on(); }) {
    for (const ServiceJob& job : jobs_.all()) estimator_.learn(job);
    jobs_.listen(
        [this](const ServiceJob& job, const std::string& kind) { webhooks_.tell(job, kind); });
    add_page(router_);
    add_service(router_, served_);
    add_predictions(router_, served_);
    add_studies(router_, served_);
    add_replicate(router_, served_);
    add_hub(router_, served_);
    add_hub_uploads(router_, served_);
    add_publish(router_, served_);
    add_metrics(router_, served_, metrics_);
    std::filesystem::remove_all(spool_);  // of a service that was killed
    std::filesystem::create_directories(spool_);
  }

  [[noreturn]] void run(const std::function<void(const std::string&)>& ready) {
    const net::HttpServer server(
        options_.address, {},
        {.refused = [this](net::HttpRequest& head) { return refused(head); },
         .spool = [this](const net::HttpRequest& head) { return spool(head); },
         .is_slow = is_slow,
         .answer = [this](const net::HttpRequest& request) { return answer(request); }});
    ready(base::format("http://{}:{}/{}", in_url(options_.address.host), server.port(),
                       token_of_address()));
    runner_.run();
  }

 private:
  static UserTokens tokens(const ServiceOptions& options) {
    base::check(options.token || is_loopback(options.address.host),
                "--host {}: others than this machine's users could call the service without a "
                "token, leave out --no-token",
                options.address.host);
    make_private(options.data);
    if (!options.token) return {};
    return tokens_of(options.token_file.empty() ? options.data / "token" : options.token_file);
  }

  // For whoever starts the program: the admin's, or else the first one's.
  std::string token_of_address() const {
    if (tokens_.empty()) return "";
    const auto admin = tokens_.find(kAdmin);
    return "#token=" + (admin == tokens_.end() ? tokens_.begin() : admin)->second;
  }

  std::optional<net::HttpResponse> refused(net::HttpRequest& head) {
    std::optional<net::HttpResponse> refusal = net::refused(head, rules_);
    if (refusal) metrics_.count({.method = "", .route = "", .code = refusal->status});
    if (tokens_.empty()) head.caller = kAdmin;
    return refusal;
  }

  // A job as whoever asked for it knows it.
  std::string told(const ServiceJob& job) const {
    return job.origin.empty() ? prediction(job, jobs_, ToldCourse::left_out)
                              : replicate_prediction(job.origin, job, jobs_);
  }

  net::HttpResponse answer(const net::HttpRequest& request) {
    const std::string route = router_.pattern_of(request);
    net::HttpResponse response = routed(request);
    if (request.body.size() > kLargeBody) ::malloc_trim(0);  // which is what its values took
    if (!response.later) return finished(request.method, route, std::move(response));
    response.later = [this, method = request.method, route, later = std::move(response.later)] {
      std::optional<net::HttpResponse> made = later();
      return made ? std::optional(finished(method, route, std::move(*made))) : std::nullopt;
    };
    return response;
  }

  // What was there when the request came may be deleted, or lost, by now.
  net::HttpResponse routed(const net::HttpRequest& request) const {
    const char* const gone =
        "The service can't read what this address stands for (any more), look at the list again or "
        "tell whoever runs the service.";
    try {
      return router_.answer(request);
    } catch (const base::Error&) {
      return net::refusal(404, gone);
    } catch (const std::filesystem::filesystem_error&) {
      return net::refusal(404, gone);
    }
  }

  // The log names routes, no ids, bodies or tokens.
  net::HttpResponse finished(const std::string& method, const std::string& route,
                             net::HttpResponse response) {
    log_.line("request", base::format("{} {} {}", method, route, response.status));
    metrics_.count(
        {.method = route.empty() ? "" : method, .route = route, .code = response.status});
    harden(response);
    return response;
  }

  // A commit holds files in Base64, and goes to the disk, not to memory.
  std::optional<net::BodyFile> spool(const net::HttpRequest& head) const {
    if (!is_commit(head)) return std::nullopt;
    return net::BodyFile{.file = spool_ / random_hex(8),
                         .most = options_.most_upload / 3 * 4 + kRest};
  }

  static constexpr size_t kLargeBody = 1 << 20;
  static constexpr uint64_t kRest = 16 << 20;  // bytes of a commit beside its largest file
  const ServiceOptions& options_;
  const std::filesystem::path spool_ = options_.data / "received";
  const UserTokens tokens_;
  const net::GuardRules rules_;
  const Catalog catalog_;
  const store::WriterLock lock_;  // of the jobs: one service at a time
  Jobs jobs_;
  Estimator estimator_;
  const WebhookPrefixes webhook_prefixes_;
  Webhooks webhooks_;  // after the jobs, which its thread asks for
  Studies studies_;
  Intake intake_;
  const PublicModules modules_;
  const SimilarityMaps maps_;
  const Served served_;
  const base::Log log_;
  Metrics metrics_;
  JobRunner runner_;
  net::Router router_;
  TaskThread tasks_;  // the last one, since its tasks use all the others until it ends
};

}  // namespace

int serve(const ServiceOptions& options, const objective::Hardware& hardware, workers::World& world,
          const std::function<void(const std::string& url)>& ready) {
  run::RankServer own({}, hardware, world.member());
  return world.run(
      {.threads = hardware.threads},
      [&own](const std::string& request) { return own.handle(request); },
      [&](workers::Dispatcher& dispatcher) -> int {
        RunningService(options, own, dispatcher).run(ready);
      });
}

}  // namespace lorahub::serve
