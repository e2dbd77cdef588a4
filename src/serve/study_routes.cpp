#include <future>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/fault.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {
namespace {

// A report holds its own style and nothing that runs.
constexpr const char* kReportPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

net::HttpResponse no_study() { return net::refusal(404, "There is no study of that name."); }

// The sentence of a folder that can't be read is the answer.
template <class Work>
net::HttpResponse told(const Work& work) {
  try {
    return work();
  } catch (const base::MachineFault& error) {
    return net::refusal(507, error.what());
  } catch (const base::Error& error) {
    return net::refusal(409, error.what());
  }
}

// Made by a thread of its own, since that takes long and requests are answered meanwhile.
net::HttpResponse report(const Served& served, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!served.studies.has(name)) return no_study();
  const auto made = std::make_shared<std::future<net::HttpResponse>>(
      std::async(std::launch::async, [&served, names] {
        return told([&] {
          net::HttpResponse response{.type = "text/html; charset=utf-8",
                                     .body = served.studies.report(names)};
          response.fields = {
              {"Content-Security-Policy", kReportPolicy},
              {"Content-Disposition", "inline; filename=\"" + names.front() + ".html\""}};
          return response;
        });
      }));
  net::HttpResponse response;
  response.later = [made]() -> std::optional<net::HttpResponse> {
    if (made->wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
    return made->get();
  };
  return response;
}

net::HttpResponse trial(const Served& served, const net::Places& places) {
  if (!served.studies.has(places[0])) return no_study();
  return told([&]() -> net::HttpResponse {
    const std::string text = served.studies.trial(places[0], places[1]);
    if (text.empty()) return net::refusal(404, "There is no trial of that id that is done.");
    return {.body = text};
  });
}

}  // namespace

void add_studies(net::Router& router, const Served& served) {
  const auto add = [&router](const char* pattern, auto handler) {
    router.add({.method = "GET", .pattern = pattern, .handler = handler});
  };
  const auto of_study = [&served](auto what) {
    return [&served, what](const net::HttpRequest&, const net::Places& places) {
      if (!served.studies.has(places[0])) return no_study();
      return told([&] { return net::HttpResponse{.body = (served.studies.*what)(places[0])}; });
    };
  };
  add("/api/studies", [&served](const net::HttpRequest&, const net::Places&) {
    return net::HttpResponse{.body = served.studies.list()};
  });
  add("/api/studies/{name}", of_study(&Studies::status));
  add("/api/studies/{name}/trials", of_study(&Studies::trials));
  add("/api/studies/{name}/trials/{id}",
      [&served](const net::HttpRequest&, const net::Places& places) {
        return trial(served, places);
      });
  add("/studies/{name}/report",
      [&served](const net::HttpRequest& request, const net::Places& places) {
        const auto other = request.query.find("with");
        std::vector<std::string> names{places[0]};
        if (other != request.query.end()) names.push_back(other->second);
        return report(served, names);
      });
}

}  // namespace lorahub::serve
