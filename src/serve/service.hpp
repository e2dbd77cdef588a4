// The service: adaptations by HTTP on all ranks of this program.
#pragma once
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "objective/hardware.hpp"
#include "serve/catalog.hpp"
#include "serve/jobs.hpp"
#include "workers/world.hpp"

namespace lorahub::serve {

struct ServiceOptions {
  NamedWords models, libraries;
  std::filesystem::path data;          // jobs and the token
  std::filesystem::path results = {};  // a folder of results folders; "": no studies are shown
  net::Address address = {};
  std::vector<std::string> hosts;    // further names by which the service is called
  bool token = true;                 // whether clients need one
  std::filesystem::path token_file;  // "": in `data`
  JobLimits limits = {};
  std::vector<std::string> webhook_prefixes = {};  // where messages about jobs may go
  std::set<std::string> open_libraries = {};  // of `libraries`: those that take modules of others
  uint64_t most_upload = 256 << 20;           // bytes of an uploaded file
};

// To be called on every rank. Serves until a signal ends it, which throws Interrupted; jobs go on
// when it is started again. `ready` is given the address to open once requests are answered. Error
// where models, libraries, data or address are wrong; nobody serves beyond this machine without a
// token.
int serve(const ServiceOptions& options, const objective::Hardware& hardware, workers::World& world,
          const std::function<void(const std::string& url)>& ready);

}  // namespace lorahub::serve
