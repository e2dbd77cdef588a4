#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/nesting.hpp"
#include "serve/adapt_input.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostId = 64;
// Of a body: `version` and `stream` are Replicate's, whose model and events are found by addresses.
const std::set<std::string> kKnownFields{"id", "input", "version", "stream"};

// As cog words it: where in the body, and what.
net::HttpResponse wrong_input(const WrongInput& error) {
  const ordered_json detail{
      {"loc", {"body", "input", error.field}}, {"msg", error.what()}, {"type", "value_error"}};
  return {.status = 422, .body = base::json_text(ordered_json{{"detail", {detail}}})};
}

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

net::HttpResponse full() {
  net::HttpResponse response = net::refusal(429, "The queue is full, try again in a minute.");
  response.fields.emplace_back("Retry-After", "60");
  return response;
}

net::HttpResponse no_room() {
  return net::refusal(507, "The service can't write to its disk, tell whoever runs it.");
}

Taken added(const json& body, const Served& served, const std::string& id) {
  AdaptInput input;
  try {
    input = read_adapt_input(base::json_text(body.value("input", json())), served.catalog);
  } catch (const WrongInput& error) {
    return {.refusal = wrong_input(error)};
  }
  try {
    const Jobs::Addition answer =
        served.jobs.add({.id = id,
                         .input = as_json(input),
                         .command = command_line(input, served.catalog),
                         .examples = json_lines(input.examples),
                         .test = input.test.empty() ? "" : json_lines(input.test)});
    if (answer.added == Jobs::Admission::full) return {.refusal = full()};
    return {.job = answer.job};
  } catch (const base::FileError&) {
    return {.refusal = no_room()};
  } catch (const base::MachineFault&) {
    return {.refusal = no_room()};
  } catch (const base::Error& error) {
    return {.refusal = net::refusal(409, error.what())};
  }
}

}  // namespace

Taken take_job(const net::HttpRequest& request, const Served& served, const std::string& id) {
  if (!is_json(request))
    return {.refusal = net::refusal(415, "The body's type is not application/json, send JSON.")};
  const json body = object_of(request.body);
  if (body.is_null())
    return {.refusal = net::refusal(400, "The body is no JSON object, send one.")};
  for (const auto& [name, value] : body.items())
    if (!value.is_null() && !kKnownFields.contains(name))
      return {.refusal = net::refusal(422, base::format("`{}` is not understood beside `input` (it "
                                                        "would have no effect), leave it out.",
                                                        name))};
  std::string given = id;
  if (const auto found = body.find("id"); found != body.end() && !found->is_null()) {
    if (!found->is_string()) return {.refusal = net::refusal(422, "The id is no text, give one.")};
    if (!id.empty() && *found != id)
      return {.refusal = net::refusal(422, "The id of the body is not that of the address.")};
    given = found->get<std::string>();
  }
  if (!given.empty() && !is_id(given))
    return {.refusal = net::refusal(422, "An id has 1 to 64 letters, digits, '-' and '_'.")};
  return added(body, served, given);
}

}  // namespace lorahub::serve
