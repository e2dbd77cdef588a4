#include <CLI/App.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/on_ranks.hpp"
#include "serve/service.hpp"

namespace lorahub::cli {
namespace {

struct ServeOptions {
  std::vector<std::string> models, libraries, hosts, webhooks;
  serve::JobLimits limits;
  std::string results, data = "lorahub-service", host = "127.0.0.1", token_file;
  uint16_t port = 8000;
  std::vector<std::string> open_libraries;
  uint64_t most_upload = 256;  // MiB
  bool no_token = false;
  std::string device = "cpu";
  int threads = 0;
};

std::vector<std::string> or_mini(const std::vector<std::string>& given) {
  return given.empty() ? std::vector<std::string>{"mini"} : given;
}

int serve_command(const ServeOptions& options, workers::World& world,
                  const objective::Hardware& hardware) {
  const serve::ServiceOptions service{
      .models = serve::words_of(or_mini(options.models), "--model"),
      .libraries = serve::words_of(or_mini(options.libraries), "--library"),
      .data = options.data,
      .results = options.results,
      .address = {.host = options.host, .port = options.port},
      .hosts = options.hosts,
      .token = !options.no_token,
      .token_file = options.token_file,
      .limits = options.limits,
      .webhook_prefixes = options.webhooks,
      .open_libraries = {options.open_libraries.begin(), options.open_libraries.end()},
      .most_upload = options.most_upload << 20};
  return serve::serve(service, hardware, world, [](const std::string& url) {
    fmt::print("lorahub serves at {} (Ctrl-C ends it; jobs go on when it is started again)\n", url);
    std::fflush(stdout);
  });
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("serve", "adaptations by a web page and an HTTP API");
  command->footer("Example: lorahub serve --model mini --library mini --data service");
  const auto options = std::make_shared<ServeOptions>();
  command->add_option("--model", options->models,
                      "NAME=PATH, or a piece of configs/model: a model that is offered under that "
                      "name (default: mini)");
  command->add_option("--library", options->libraries,
                      "NAME=DIR, or a piece of configs/library: modules that are offered under "
                      "that name (default: mini)");
  command->add_option("--data", options->data, "folder of the jobs, their results and the token")
      ->capture_default_str();
  command->add_option("--results", options->results,
                      "a folder of results folders, whose studies are shown (default: none)");
  command->add_option("--host", options->host, "the address that is listened at")
      ->capture_default_str();
  command->add_option("--port", options->port, "its port; 0: a free one")->capture_default_str();
  command->add_option("--allowed-host", options->hosts,
                      "another name by which browsers call the service");
  command->add_option(
      "--token-file", options->token_file,
      "the file of the tokens that clients need, a line NAME:TOKEN for each user; "
      "a token alone is that of `admin`, who sees everyone's jobs (default: token in "
      "--data, made where there is none)");
  command->add_flag("--no-token", options->no_token,
                    "let everyone on this machine in (at a loopback address alone)");
  command->add_option("--webhook-to", options->webhooks,
                      "where the service may send messages about jobs: the beginning of addresses, "
                      "such as https://hooks.example/lorahub/ (default: nowhere)");
  command->add_option("--max-queue", options->limits.waiting, "jobs that may wait")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command
      ->add_option("--quota", options->limits.waiting_each,
                   "jobs of one token that may wait (default: as many as of all)")
      ->check(CLI::Range(1, 100'000));
  command
      ->add_option("--quota-bytes", options->limits.bytes_each,
                   "what may be kept of one token's jobs, and as much of its modules in open "
                   "libraries, such "
                   "as 5GB (default: any)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
  command
      ->add_option("--slice", options->limits.slice,
                   "seconds of a search after which another token's job has its turn")
      ->check(CLI::Range(1.0, 86'400.0))
      ->capture_default_str();
  command->add_option("--open-library", options->open_libraries,
                      "NAME of a --library whose folder takes modules of the service's users: "
                      "uploads, which are checked first, and published results");
  command->add_option("--max-upload", options->most_upload, "MiB of an uploaded file of weights")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_device(*command, options->device, options->threads);
  command->callback([options, &action] {
    action = [options] {
      return on_ranks({.device = options->device, .threads = options->threads},
                      [&](workers::World& world, const objective::Hardware& hardware) {
                        return serve_command(*options, world, hardware);
                      });
    };
  });
}

}  // namespace lorahub::cli
