// Which handler answers a request: a table of methods and paths.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "net/message.hpp"

namespace lorahub::net {

// What the places in braces of a route's path stand for, in their order.
using Places = std::vector<std::string>;

struct Route {
  std::string method;   // GET answers HEAD, too
  std::string pattern;  // "/predictions/{id}/cancel": a place is one segment that is not empty
  std::function<HttpResponse(const HttpRequest&, const Places&)> handler;
};

class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  // 404 where no path fits, 405 with `Allow` where the method does not.
  HttpResponse answer(const HttpRequest& request) const;
  // The pattern of the route that answers; "" where none does. For logs, which name no ids.
  std::string pattern_of(const HttpRequest& request) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace lorahub::net
