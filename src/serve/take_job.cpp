#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/json_names.hpp"
#include "base/nesting.hpp"
#include "base/number.hpp"
#include "net/target.hpp"
#include "serve/hub_answers.hpp"
#include "serve/infer_input.hpp"
#include "serve/prediction.hpp"
#include "serve/probe_input.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostId = 64;
constexpr size_t kJobsOfPage = 100;
// Of a body: `version` and `stream` are Replicate's, whose model and events are found by addresses.
const std::set<std::string> kKnownFields{"id",     "input",   "version",
                                         "stream", "webhook", "webhook_events_filter"};

bool is_json(const net::HttpRequest& request) {
  const std::string type = base::lower(request.field("content-type"));
  return base::strip(type.substr(0, type.find(';'))) == "application/json";
}

bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= kMostId &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string::npos;
}

// The body's object; null where it is none.
json object_of(const std::string& body) {
  const json object = json::parse(base::shallow_json(body), nullptr, false);
  return object.is_object() ? object : json();
}

net::HttpResponse later(int status, const std::string& sentence, int seconds) {
  net::HttpResponse response = net::refusal(status, sentence);
  response.fields.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

constexpr int kLeastRetry = 60, kMostRetry = 3600;  // seconds

std::optional<net::HttpResponse> no_admission(Jobs::Admission added, const Served& served,
                                              const std::string& owner) {
  const int wait =
      std::clamp(static_cast<int>(served.jobs.wait_of_new(owner)), kLeastRetry, kMostRetry);
  switch (added) {
    case Jobs::Admission::full:
      return later(429, "The queue is full, try again later.", wait);
    case Jobs::Admission::too_many:
      return later(429, "Too many of your jobs wait, try again when one has ended.", wait);
    case Jobs::Admission::too_large:
      return later(429, "Your jobs take all the room that you have, delete some.", kMostRetry);
    default:
      return std::nullopt;
  }
}

net::HttpResponse no_room() {
  return net::refusal(507, "The service can't write to its disk, tell whoever runs it.");
}

NewJob adaptation(const std::string& input_json, const Served& served) {
  const AdaptInput input = read_adapt_input(input_json, served.catalog);
  const Estimate expected = served.estimator.adaptation(input, served.catalog);
  return {.id = "",
          .input = as_json(input),
          .kind = JobKind::adapt,
          .expected = expected.seconds,
          .cost = expected.cost,
          .warnings = expected.warnings,
          .command = command_line(input, served.catalog),
          .examples = json_lines(input.examples),
          .test = input.test.empty() ? "" : json_lines(input.test)};
}

// Answers by the adapter of a job need one that has ended, and its model.
NewJob answering(const std::string& input_json, const Served& served, const std::string& caller) {
  InferInput input = read_infer_input(input_json, served.catalog);
  if (!input.job.empty()) {
    const std::optional<ServiceJob> job = job_of(caller, input.job, served);
    if (!job || job->kind != JobKind::adapt || job->status != JobStatus::succeeded)
      throw WrongInput("job", "there is no adaptation of that id that has succeeded, give another");
    const std::string model = json::parse(job->input).at("model");
    if (!input.model.empty() && input.model != model)
      throw WrongInput("model", base::format("the job's adapter is for the model '{}', leave "
                                             "`model` out",
                                             model));
    input.model = model;
  }
  return {.id = "",
          .input = as_json(input),
          .kind = JobKind::infer,
          .command = command_line(input, served.catalog)};
}

NewJob probing(const std::string& input_json, const Served& served) {
  const ProbeInput input = read_probe_input(input_json, served.catalog);
  const Estimate expected = served.estimator.probe(input, served.catalog);
  return {.id = "",
          .input = as_json(input),
          .kind = JobKind::probe,
          .expected = expected.seconds,
          .warnings = expected.warnings,
          .command = command_line(input, served.catalog),
          .examples = json_lines(input.examples)};
}

// By its fields, where the address does not say it.
JobKind kind_of(const std::string& input) {
  if (asks_for_answers(input)) return JobKind::infer;
  return asks_for_probe(input) ? JobKind::probe : JobKind::adapt;
}

NewJob new_job(JobKind kind, const std::string& input, const Served& served,
               const std::string& caller) {
  if (kind == JobKind::infer) return answering(input, served, caller);
  return kind == JobKind::probe ? probing(input, served) : adaptation(input, served);
}

Taken added(const json& body, const Served& served, const AskedJob& asked) {
  const std::string input = base::json_text(body.value("input", json()));
  try {
    NewJob job = new_job(asked.kind ? *asked.kind : kind_of(input), input, served, asked.caller);
    job.id = asked.id;
    job.owner = asked.caller;
    job.origin = asked.origin;
    job.webhook = asked.webhook;
    const Jobs::Addition answer = served.jobs.add(job);
    if (auto refusal = no_admission(answer.added, served, asked.caller))
      return {.refusal = std::move(refusal)};
    return {.job = answer.job};
  } catch (const WrongInput& error) {
    return {.refusal = wrong_input(error)};
  } catch (const base::FileError&) {
    return {.refusal = no_room()};
  } catch (const base::MachineFault&) {
    return {.refusal = no_room()};
  } catch (const base::Error& error) {
    return {.refusal = net::refusal(409, error.what())};
  }
}

std::optional<net::HttpResponse> wrong_field(const json& body) {
  for (const auto& [name, value] : body.items())
    if (!value.is_null() && !kKnownFields.contains(name))
      return net::refusal(422, base::format("`{}` is not understood beside `input` (it would have "
                                            "no effect), leave it out.",
                                            name));
  return std::nullopt;
}

std::optional<net::HttpResponse> take_id(const json& body, std::string& id) {
  if (const auto found = body.find("id"); found != body.end() && !found->is_null()) {
    if (!found->is_string()) return net::refusal(422, "The id is no text, give one.");
    if (!id.empty() && *found != id)
      return net::refusal(422, "The id of the body is not that of the address.");
    id = found->get<std::string>();
  }
  if (!id.empty() && !is_id(id))
    return net::refusal(422, "An id has 1 to 64 letters, digits, '-' and '_'.");
  return std::nullopt;
}

std::optional<net::HttpResponse> take_webhook(const json& body, const Served& served,
                                              Webhook& webhook) {
  const json url = body.value("webhook", json()),
             events = body.value("webhook_events_filter", json());
  if (url.is_null()) {
    if (events.is_null()) return std::nullopt;
    return net::refusal(422,
                        "`webhook_events_filter` is given without `webhook` (nobody is told), "
                        "leave it out.");
  }
  if (!url.is_string()) return net::refusal(422, "`webhook` is no text, give an address.");
  webhook.url = url.get<std::string>();
  if (const auto why = served.webhook_prefixes.refusal(webhook.url)) return net::refusal(422, *why);
  if (events.is_null()) return std::nullopt;
  const auto is_event = [](const json& one) {
    return one.is_string() &&
           std::ranges::find(webhook_events(), one.get<std::string>()) != webhook_events().end();
  };
  if (!events.is_array() || events.empty() || !std::ranges::all_of(events, is_event))
    return net::refusal(422, "`webhook_events_filter` is no list of " +
                                 base::join(webhook_events(), ", ") + ", give one.");
  webhook.events = events.get<std::vector<std::string>>();
  return std::nullopt;
}

}  // namespace

// Where in the body, and what.
net::HttpResponse wrong_input(const WrongInput& error) {
  const ordered_json detail{
      {"loc", {"body", "input", error.field}}, {"msg", error.what()}, {"type", "value_error"}};
  return {.status = 422, .body = base::json_text(ordered_json{{"detail", {detail}}})};
}

std::optional<ServiceJob> job_of(const std::string& caller, const std::string& id,
                                 const Served& served) {
  std::optional<ServiceJob> job = served.jobs.find(id);
  if (job && caller != kAdmin && job->owner != caller) return std::nullopt;
  return job;
}

JobPage page_of_jobs(const net::HttpRequest& request, const Served& served) {
  const auto asked = [&](const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  const std::string cursor = asked("cursor"), status = asked("status");
  const auto before = cursor.empty() ? UINT64_MAX : base::number<uint64_t>(cursor);
  if (!before)
    return {.refusal = net::refusal(422, "The cursor is that of no page, take it from `next`.")};
  JobPage page{.jobs = served.jobs.newest(kJobsOfPage + 1, *before, [&](const ServiceJob& job) {
    return (request.caller == kAdmin || job.owner == request.caller) &&
           (status.empty() || status == shown_status(job));
  })};
  if (page.jobs.size() <= kJobsOfPage) return page;
  page.jobs.pop_back();
  page.next = base::format("cursor={}", page.jobs.back().number);
  if (!status.empty()) page.next += "&status=" + net::escaped_in_query(status);
  return page;
}

Taken take_job(const net::HttpRequest& request, const Served& served, AskedJob asked) {
  if (!is_json(request))
    return {.refusal = net::refusal(415, "The body's type is not application/json, send JSON.")};
  const json body = object_of(request.body);
  if (body.is_null())
    return {.refusal = net::refusal(400, "The body is no JSON object, send one.")};
  if (const auto twice = base::name_given_twice(request.body))
    return {.refusal = net::refusal(422, twice_sentence(*twice))};
  if (auto refusal = wrong_field(body)) return {.refusal = std::move(refusal)};
  if (auto refusal = take_id(body, asked.id)) return {.refusal = std::move(refusal)};
  if (auto refusal = take_webhook(body, served, asked.webhook))
    return {.refusal = std::move(refusal)};
  asked.caller = request.caller;
  return added(body, served, asked);
}

}  // namespace lorahub::serve
