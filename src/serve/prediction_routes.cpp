#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/json_names.hpp"
#include "base/nesting.hpp"
#include "base/text.hpp"
#include "net/byte_range.hpp"
#include "serve/hub_answers.hpp"
#include "serve/prediction.hpp"
#include "serve/probe_input.hpp"
#include "serve/routes.hpp"
#include "serve/stored_zip.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

net::HttpResponse unknown() { return net::refusal(404, "There is no prediction of that id."); }

net::HttpResponse shown(int status, const ServiceJob& job, const Served& served) {
  return {.status = status, .body = prediction(job, served.jobs)};
}

// Asked again and again until the job has ended.
net::HttpResponse when_ended(const std::string& id, const Served& served) {
  net::HttpResponse response;
  response.later = [id, &served]() -> std::optional<net::HttpResponse> {
    const std::optional<Jobs::State> now = served.jobs.state(id);
    if (now && !has_ended(now->status)) return std::nullopt;
    const std::optional<ServiceJob> job = served.jobs.find(id);
    return job ? shown(200, *job, served) : unknown();
  };
  return response;
}

std::string event(const std::string& kind, size_t id, const ordered_json& data) {
  return base::format("event: {}\nid: {}\ndata: {}\n\n", kind, id, base::json_text(data));
}

// The events of a job from the generation after `told` on, as server-sent events.
class Events {
 public:
  Events(std::string id, size_t told, const Served& served)
      : id_(std::move(id)), told_(told), served_(served) {}

  net::Chunk next() {
    const std::optional<Jobs::State> now = served_.jobs.state(id_);
    if (begun_ && now && now->generations <= told_ && !has_ended(now->status)) return {};
    const std::optional<ServiceJob> job = served_.jobs.find(id_);
    if (!job) return {.last = true};
    net::Chunk chunk;
    if (!begun_) chunk.bytes = event("start", told_, {{"id", id_}, {"status", shown_status(*job)}});
    begun_ = true;
    for (; told_ < job->course.size(); ++told_)
      chunk.bytes += event("metric", told_ + 1,
                           {{"name", "best_loss"},
                            {"value", job->course[told_].second},
                            {"evaluation", job->course[told_].first},
                            {"mode", "replace"}});
    if (!has_ended(job->status)) return chunk;
    chunk.bytes +=
        event("completed", told_ + 1, ordered_json::parse(prediction(*job, served_.jobs)));
    chunk.last = true;
    return chunk;
  }

 private:
  std::string id_;
  size_t told_;
  const Served& served_;
  bool begun_ = false;
};

// Where a client that lost its connection goes on: the number of the last event that it has seen.
size_t last_event(const net::HttpRequest& request) {
  const std::string text = request.field("last-event-id");
  const bool is_number = !text.empty() && text.size() < 10 &&
                         text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoul(text) : 0;
}

net::HttpResponse events(const net::HttpRequest& request, const std::string& id,
                         const Served& served) {
  net::HttpResponse response{.type = "text/event-stream"};
  response.fields = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  const auto source = std::make_shared<Events>(id, last_event(request), served);
  response.stream = [source] { return source->next(); };
  return response;
}

// By the client's wish: events, at once (202), or when the job has ended.
net::HttpResponse answered(const net::HttpRequest& request, const ServiceJob& job,
                           const Served& served) {
  if (request.field("accept") == "text/event-stream") return events(request, job.id, served);
  if (request.field("prefer") == "respond-async") return shown(202, job, served);
  return when_ended(job.id, served);
}

net::HttpResponse create(const net::HttpRequest& request, const Served& served,
                         const std::string& id) {
  const Taken taken = take_job(request, served, {.id = id});
  return taken.refusal ? *taken.refusal : answered(request, taken.job, served);
}

// The same request may be sent again: it never runs twice.
net::HttpResponse put(const net::HttpRequest& request, const Served& served,
                      const std::string& id) {
  const bool is_known = served.jobs.find(id).has_value();
  const Taken taken = take_job(request, served, {.id = id});
  if (taken.refusal) return *taken.refusal;
  if (!is_known) return answered(request, taken.job, served);
  return shown(has_ended(taken.job.status) ? 200 : 202, taken.job, served);
}

net::HttpResponse list(const net::HttpRequest& request, const Served& served) {
  const JobPage page = page_of_jobs(request, served);
  if (page.refusal) return *page.refusal;
  std::vector<std::string> results;
  for (const ServiceJob& job : page.jobs)
    results.push_back(prediction(job, served.jobs, ToldCourse::left_out));
  const ordered_json next =
      page.next.empty() ? ordered_json() : ordered_json("/predictions?" + page.next);
  return {.body = base::format(R"({{"results":[{}],"next":{}}})", base::join(results, ","),
                               base::json_text(next))};
}

std::string archive(const std::filesystem::path& folder) {
  std::vector<std::shared_ptr<const base::MappedFile>> held;
  std::vector<std::pair<std::string, std::string_view>> files;
  for (const std::string& name : result_files()) {
    held.push_back(std::make_shared<const base::MappedFile>(folder / name));
    files.emplace_back(name, held.back()->bytes());
  }
  return stored_zip(files);
}

net::HttpResponse file(const net::HttpRequest& request, const Served& served, const std::string& id,
                       const std::string& name) {
  const std::optional<ServiceJob> job = job_of(request.caller, id, served);
  const bool is_one =
      name == kArchive || std::ranges::find(result_files(), name) != result_files().end();
  if (!job || !is_one || job->status != JobStatus::succeeded || job->kind != JobKind::adapt)
    return net::refusal(404, "There is no such file of a finished prediction.");
  const auto folder = served.jobs.folder(id).adapter();
  net::HttpResponse response{.type = "application/octet-stream"};
  if (name == kArchive) {
    response.body = archive(folder);
  } else {
    response.file = std::make_shared<const base::MappedFile>(folder / name);
  }
  response.fields = {{"Content-Disposition", "attachment; filename=\"" + name + "\""}};
  return net::ranged(request, std::move(response));
}

net::HttpResponse find(const net::HttpRequest& request, const Served& served,
                       const std::string& id) {
  const std::optional<ServiceJob> job = job_of(request.caller, id, served);
  return job ? shown(200, *job, served) : unknown();
}

net::HttpResponse remove(const net::HttpRequest& request, const Served& served,
                         const std::string& id) {
  if (!job_of(request.caller, id, served)) return unknown();
  if (served.jobs.remove(id)) return {.body = "{}"};
  return net::refusal(409, "The prediction has not ended, cancel it first.");
}

Estimate expected_of(const std::string& input, const Served& served) {
  if (asks_for_probe(input))
    return served.estimator.probe(read_probe_input(input, served.catalog), served.catalog);
  return served.estimator.adaptation(read_adapt_input(input, served.catalog), served.catalog);
}

// What a job would take, and when it would begin; nothing is kept of it.
net::HttpResponse estimate(const net::HttpRequest& request, const Served& served) {
  const auto body = json::parse(base::shallow_json(request.body), nullptr, false);
  if (!body.is_object() || !body.contains("input"))
    return net::refusal(400, "The body is no JSON object with an `input`, send one.");
  if (const auto twice = base::name_given_twice(request.body))
    return net::refusal(422, twice_sentence(*twice));
  try {
    const Estimate expected = expected_of(base::json_text(body["input"]), served);
    ordered_json reply{{"expected_seconds", nullptr},
                       {"starts_in_seconds", served.jobs.wait_of_new(request.caller)},
                       {"waiting", served.jobs.waiting()},
                       {"warnings", expected.warnings}};
    if (expected.seconds > 0) reply["expected_seconds"] = expected.seconds;
    return {.body = base::json_text(reply)};
  } catch (const WrongInput& error) {
    return wrong_input(error);
  }
}

}  // namespace

void add_predictions(net::Router& router, const Served& served) {
  using net::HttpRequest;
  using net::Places;
  const auto add = [&router](const char* method, const char* pattern, auto handler) {
    router.add({.method = method, .pattern = pattern, .handler = handler});
  };
  add("POST", "/predictions",
      [&served](const HttpRequest& request, const Places&) { return create(request, served, ""); });
  add("PUT", "/predictions/{id}", [&served](const HttpRequest& request, const Places& places) {
    return put(request, served, places[0]);
  });
  add("GET", "/predictions",
      [&served](const HttpRequest& request, const Places&) { return list(request, served); });
  add("GET", "/predictions/{id}", [&served](const HttpRequest& request, const Places& places) {
    return find(request, served, places[0]);
  });
  add("DELETE", "/predictions/{id}", [&served](const HttpRequest& request, const Places& places) {
    return remove(request, served, places[0]);
  });
  add("POST", "/api/estimate",
      [&served](const HttpRequest& request, const Places&) { return estimate(request, served); });
  add("GET", "/predictions/{id}/events",
      [&served](const HttpRequest& request, const Places& places) {
        return job_of(request.caller, places[0], served) ? events(request, places[0], served)
                                                         : unknown();
      });
  add("POST", "/predictions/{id}/cancel",
      [&served](const HttpRequest& request, const Places& places) {
        if (!job_of(request.caller, places[0], served)) return unknown();
        return served.jobs.cancel(places[0]) ? net::HttpResponse{.body = "{}"} : unknown();
      });
  add("GET", "/predictions/{id}/files/{file}",
      [&served](const HttpRequest& request, const Places& places) {
        return file(request, served, places[0], places[1]);
      });
}

}  // namespace lorahub::serve
