#include "serve/service.hpp"

#include <cctype>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/guard.hpp"
#include "run/rank/rank_server.hpp"
#include "run/run_on_ranks.hpp"
#include "serve/job_runner.hpp"
#include "serve/routes.hpp"
#include "serve/secrets.hpp"
#include "store/writer_lock.hpp"

namespace lorahub::serve {
namespace {

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

net::GuardRules rules(const ServiceOptions& options, const std::string& token) {
  net::GuardRules rules{
      .hosts = {"localhost", "127.0.0.1", "[::1]"}, .token = token, .open = open_paths()};
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

class RunningService {
 public:
  RunningService(const ServiceOptions& options, const objective::Hardware& hardware,
                 workers::Dispatcher& dispatcher)
      : options_(options),
        token_(token(options)),
        rules_(rules(options, token_)),
        catalog_(options.models, options.libraries),
        lock_(options.data / "jobs.ndj"),
        jobs_(options.data / "jobs", options.most_waiting),
        served_{.catalog = catalog_,
                .jobs = jobs_,
                .has_token = options.token,
                .ranks = dispatcher.ranks(),
                .device = hardware.device == base::Device::cuda ? "cuda" : "cpu",
                .copies = options.data / "modules"},
        log_(options.data / "serve.log", 0),
        runner_(jobs_, catalog_, hardware, dispatcher) {
    add_page(router_);
    add_service(router_, served_);
    add_predictions(router_, served_);
    add_replicate(router_, served_);
    add_hub(router_, served_);
  }

  [[noreturn]] void run(const std::function<void(const std::string&)>& ready) {
    const net::HttpServer server(
        options_.address, {},
        {.refused = [this](const net::HttpRequest& head) { return net::refused(head, rules_); },
         .answer = [this](const net::HttpRequest& request) { return answer(request); }});
    ready(base::format("http://{}:{}/{}", in_url(options_.address.host), server.port(),
                       token_.empty() ? "" : "#token=" + token_));
    runner_.run();
  }

 private:
  static std::string token(const ServiceOptions& options) {
    base::check(options.token || is_loopback(options.address.host),
                "--host {}: others than this machine's users could call the service without a "
                "token, leave out --no-token",
                options.address.host);
    make_private(options.data);
    if (!options.token) return "";
    return token_of(options.token_file.empty() ? options.data / "token" : options.token_file);
  }

  // The log names routes, no ids, bodies or tokens.
  net::HttpResponse answer(const net::HttpRequest& request) {
    net::HttpResponse response = router_.answer(request);
    log_.line("request", base::format("{} {} {}", request.method, router_.pattern_of(request),
                                      response.status));
    harden(response);
    return response;
  }

  const ServiceOptions& options_;
  const std::string token_;
  const net::GuardRules rules_;
  const Catalog catalog_;
  const store::WriterLock lock_;  // of the jobs: one service at a time
  Jobs jobs_;
  const Served served_;
  const base::Log log_;
  JobRunner runner_;
  net::Router router_;
};

}  // namespace

int serve(const ServiceOptions& options, const objective::Hardware& hardware, workers::World& world,
          const std::function<void(const std::string& url)>& ready) {
  const workers::Service ranks{.threads = hardware.threads};
  const auto make_site = [&] {
    return std::make_unique<run::RankServer>(std::vector<study::Trial>(), hardware, world.member());
  };
  return run::run_on_ranks(world, ranks, make_site, [&](workers::Dispatcher& dispatcher) -> int {
    RunningService(options, hardware, dispatcher).run(ready);
  });
}

}  // namespace lorahub::serve
