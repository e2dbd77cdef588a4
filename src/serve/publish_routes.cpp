// A finished adaptation's adapter goes into an open library by one request.
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "serve/hub_answers.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kLongestTask = 500, kLongestLicense = 40;

// As Hugging Face's cards name licences: "apache-2.0".
std::string license_line(const std::string& license) {
  if (license.empty()) return "";
  const bool is_word =
      license.size() <= kLongestLicense &&
      license.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == std::string::npos;
  if (!is_word)
    throw_refusal(422,
                  "`license` is the name of a licence of up to 40 letters, digits, '.' and '-'.");
  return "license: " + license + "\n";
}

// The first example, where its owner wants it in the card as a self-test.
std::vector<std::string> shown_examples(const RequestObject& body, const ServiceJob& job) {
  if (!body.truth("self_test")) return {};
  return {json::parse(job.input).at("examples").at(0).at("input").get<std::string>()};
}

HttpResponse publish(const HttpRequest& request, const Served& served, const std::string& id) {
  const std::optional<ServiceJob> job = job_of(request.caller, id, served);
  if (!job) throw_refusal(404, "There is no prediction of that id.");
  if (job->status != JobStatus::succeeded || job->kind != JobKind::adapt)
    throw_refusal(409, "The prediction has no adapter, publish one that has succeeded.");
  const RequestObject body(request);
  const std::set<std::string> known{"name", "library", "task", "license", "self_test"};
  for (const std::string& key : body.keys())
    if (!known.contains(key))
      throw_refusal(
          422,
          base::format("`{}` is not understood (it would have no effect), leave it out.", key));
  std::string library = body.text("library");
  if (library.empty()) library = kHubOwner;
  const std::string task = body.text("task"), name = body.text("name");
  if (task.size() > kLongestTask) throw_refusal(422, "`task` has more than 500 bytes, shorten it.");
  const ModulePlace place = open_place(served.catalog, library, name);
  const run::ReceivedModule module{
      .folder = served.jobs.folder(id).adapter(),
      .card = {.task = task, .others = license_line(body.text("license"))},
      .tests = shown_examples(body, *job)};
  const std::string public_id = library + "/" + name;
  const std::string reply =
      base::json_text(ordered_json{{"id", public_id}, {"url", module_address(request, public_id)}});
  return served.tasks.answer_later([&served, place, module, reply, owner = request.caller] {
    return answered_or_refused([&]() -> HttpResponse {
      if (served.intake.is_taken(place))
        throw_refusal(409, "There is a module of that name already, choose another one.");
      served.intake.publish(place, owner, module);
      return {.status = 201, .body = reply};
    });
  });
}

}  // namespace

void add_publish(net::Router& router, const Served& served) {
  router.add({.method = "POST",
              .pattern = "/predictions/{id}/publish",
              .handler = [&served](const HttpRequest& request, const net::Places& places) {
                return answered_or_refused([&] { return publish(request, served, places[0]); });
              }});
}

}  // namespace lorahub::serve
