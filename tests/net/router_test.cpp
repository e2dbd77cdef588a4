#include "net/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::net {
namespace {

using testing::Contains;
using testing::Pair;

Router router() {
  Router router;
  router.add({.method = "GET", .pattern = "/jobs", .handler = [](const auto&, const auto&) {
                return HttpResponse{.body = "list"};
              }});
  router.add({.method = "POST", .pattern = "/jobs", .handler = [](const auto&, const auto&) {
                return HttpResponse{.body = "made"};
              }});
  router.add({.method = "GET",
              .pattern = "/jobs/{id}/files/{name}",
              .handler = [](const auto&, const Places& places) {
                return HttpResponse{.body = places[0] + "," + places[1]};
              }});
  return router;
}

HttpResponse answer(const std::string& method, const std::string& path) {
  return router().answer({.method = method, .path = path});
}

TEST(Router, FindsTheHandlerByMethodAndPath) {
  EXPECT_EQ(answer("GET", "/jobs").body, "list");
  EXPECT_EQ(answer("HEAD", "/jobs").body, "list");
  EXPECT_EQ(answer("POST", "/jobs").body, "made");
  EXPECT_EQ(answer("GET", "/jobs/a b/files/c").body, "a b,c");
}

TEST(Router, SaysWhatIsNotThere) {
  for (const char* path : {"/", "/job", "/jobs/a", "/jobs//files/c", "/jobs/a/files/c/d"})
    EXPECT_EQ(answer("GET", path).status, 404) << path;
  const HttpResponse response = answer("DELETE", "/jobs");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.fields, Contains(Pair("Allow", "GET, POST")));
}

TEST(Router, NamesTheRouteWithoutItsPlaces) {
  EXPECT_EQ(router().pattern_of({.method = "GET", .path = "/jobs/secret/files/c"}),
            "/jobs/{id}/files/{name}");
  EXPECT_EQ(router().pattern_of({.method = "GET", .path = "/nothing"}), "");
}

}  // namespace
}  // namespace lorahub::net
