#include "serve/metrics.hpp"

#include <unistd.h>

#include <fstream>
#include <vector>

#include "base/text.hpp"
#include "plan/environment.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

// The text format of Prometheus, version 0.0.4. Names of routes, states and libraries are ours, and
// those of libraries are escaped.
class Exposition {
 public:
  void begin(const std::string& metric, const char* type, const char* help) {
    name_ = "lorahub_" + metric;
    text_ += base::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  using Labels = std::vector<std::pair<std::string, std::string>>;
  void value(const Labels& labels, uint64_t value) {
    std::vector<std::string> parts;
    for (const auto& [key, word] : labels)
      parts.push_back(base::format("{}=\"{}\"", key, escaped(word)));
    text_ += name_ + (parts.empty() ? "" : "{" + base::join(parts, ",") + "}") +
             base::format(" {}\n", value);
  }
  void only(const std::string& metric, const char* help, uint64_t number) {
    begin(metric, metric.ends_with("_total") ? "counter" : "gauge", help);
    value({}, number);
  }
  std::string text() && { return std::move(text_); }

 private:
  static std::string escaped(const std::string& word) {
    std::string result;
    for (const char c : word) {
      if (c == '\\' || c == '"') result += '\\';
      result += c == '\n' ? ' ' : c;
    }
    return result;
  }
  std::string name_, text_;
};

uint64_t resident_bytes() {
  uint64_t size = 0, resident = 0;  // pages
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_requests(Exposition& out, const Metrics& metrics) {
  out.begin("http_requests_total", "counter", "Requests that were answered.");
  for (const auto& [request, count] : metrics.requests())
    out.value({{"method", request.method},
               {"route", request.route},
               {"code", std::to_string(request.code)}},
              count);
}

void write_jobs(Exposition& out, const Jobs& jobs) {
  std::map<JobStatus, uint64_t> states = jobs.counts();
  for (const JobStatus status : {JobStatus::starting, JobStatus::processing, JobStatus::succeeded,
                                 JobStatus::failed, JobStatus::canceled})
    states.try_emplace(status, 0);
  out.begin("jobs", "gauge", "Jobs that the service keeps, by state.");
  for (const auto& [status, count] : states) out.value({{"state", name(status)}}, count);
  out.only("queue_length", "Jobs that wait.", jobs.waiting());
  out.only("evaluations_total",
           "Evaluations by which searches have advanced since the service was started.",
           jobs.evaluations());
}

void write_libraries(Exposition& out, const Served& served) {
  out.begin("library_modules", "gauge", "Modules that are listed.");
  for (const auto& [library, word] : served.catalog.libraries())
    out.value({{"library", library}}, served.catalog.count(library));
  std::map<std::pair<std::string, std::string>, uint64_t> coming;
  for (const auto& [library, word] : served.catalog.libraries())
    for (const auto& [module, state] : served.intake.states(library))
      ++coming[{library, state.state}];
  out.begin("library_uploads", "gauge", "Modules that are not listed, by state.");
  for (const auto& [key, count] : coming)
    out.value({{"library", key.first}, {"state", key.second}}, count);
}

std::string exposition(const Served& served, const Metrics& metrics) {
  Exposition out;
  out.begin("build_info", "gauge", "The version of the program.");
  const auto environment = plan::environment();
  out.value({{"version", environment.at("version")}, {"commit", environment.at("commit")}}, 1);
  write_requests(out, metrics);
  write_jobs(out, served.jobs);
  write_libraries(out, served);
  out.only("ranks", "Ranks that compute.", static_cast<uint64_t>(served.ranks));
  out.only("resident_bytes", "Memory of the coordinating process.", resident_bytes());
  return std::move(out).text();
}

}  // namespace

void Metrics::count(const AnsweredRequest& request) {
  const std::lock_guard lock(mutex_);
  ++requests_[request];
}

std::map<AnsweredRequest, uint64_t> Metrics::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void add_metrics(net::Router& router, const Served& served, const Metrics& metrics) {
  router.add({.method = "GET",
              .pattern = "/metrics",
              .handler = [&served, &metrics](const auto&, const auto&) {
                return net::HttpResponse{.type = "text/plain; version=0.0.4; charset=utf-8",
                                         .body = exposition(served, metrics)};
              }});
}

}  // namespace lorahub::serve
