#include "store/crate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.hpp"
#include "store/samples.hpp"

namespace lorahub::store {
namespace {

using nlohmann::json;

class Crate : public testing::Test {
 protected:
  void SetUp() override {
    write_hdf5(folder_ / "quick.h5", samples::history(), samples::planned());
    base::write_file(folder_ / "journal.ndj", "{}\n");
    base::write_file(folder_ / "log/rank 0.log", "");
    base::write_file(folder_ / "ro-crate-metadata.json", "old");
  }
  json crate(const std::string& license = "") {
    return json::parse(crate_metadata(folder_ / "", {folder_ / "quick.h5"}, license));
  }
  static json entity(const json& crate, const std::string& id) {
    for (const json& e : crate["@graph"])
      if (e["@id"] == id) return e;
    return {};
  }
  samples::Folder folder_;
};

// What RO-Crate 1.1 demands: sections 2 (structure), 3.1 (descriptor), 3.2 (root), 4 (files).
TEST_F(Crate, HasTheShapeOfTheSpecification) {
  const json c = crate();
  EXPECT_EQ(c["@context"], "https://w3id.org/ro/crate/1.1/context");
  const json descriptor = entity(c, "ro-crate-metadata.json");
  EXPECT_EQ(descriptor["@type"], "CreativeWork");
  EXPECT_EQ(descriptor["conformsTo"]["@id"], "https://w3id.org/ro/crate/1.1");
  EXPECT_EQ(descriptor["about"]["@id"], "./");
  const json root = entity(c, "./");
  EXPECT_EQ(root["@type"], "Dataset");
  for (const char* key : {"name", "description", "datePublished", "license"})
    EXPECT_TRUE(root.contains(key)) << key;
  EXPECT_EQ(root["datePublished"], "2026-01-31T12:00:00Z");
}

TEST_F(Crate, EveryIdIsOnceAndEveryReferenceIsToOne) {
  std::set<std::string> ids;
  const json c = crate();
  for (const json& e : c["@graph"]) {
    EXPECT_TRUE(e.contains("@type"));
    EXPECT_TRUE(ids.insert(e["@id"]).second) << e["@id"];
  }
  const std::function<void(const json&)> visit = [&](const json& value) {
    if (value.is_object() && value.size() == 1 && value.contains("@id")) {
      const std::string id = value["@id"];
      EXPECT_TRUE(ids.contains(id) || id == "https://w3id.org/ro/crate/1.1") << id;
    }
    if (value.is_structured())
      for (const json& part : value) visit(part);
  };
  visit(c["@graph"]);
}

TEST_F(Crate, ListsTheFilesOfTheFolderButNotItself) {
  const json c = crate();
  std::vector<std::string> parts;
  const json root = entity(c, "./");
  for (const json& part : root["hasPart"]) parts.push_back(part["@id"]);
  EXPECT_THAT(parts, testing::ElementsAre("journal.ndj", "log/rank%200.log", "quick.h5"));
  const json journal = entity(c, "journal.ndj");
  EXPECT_EQ(journal["@type"], "File");
  EXPECT_EQ(journal["contentSize"], "3");
  EXPECT_EQ(journal["sha256"], base::sha256("{}\n"));
  EXPECT_EQ(entity(c, "#run")["result"][0]["@id"], "quick.h5");
}

TEST_F(Crate, LicenceIsThatOfTheUser) {
  const std::string url = "https://spdx.org/licenses/CC-BY-4.0";
  EXPECT_EQ(entity(crate(url), "./")["license"]["@id"], url);
  EXPECT_EQ(entity(crate(), "#licence")["name"], "Licence not stated");
}

}  // namespace
}  // namespace lorahub::store
