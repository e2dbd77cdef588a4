#include "run/adapted_json.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/files.hpp"

namespace lorahub::run {
namespace {

const std::string kPage = std::string(SOURCE_DIR) + "/docs/first-adaptation.md";

Adapted two_modules() {
  Adapted adapted{.modules = {"a", "b"},
                  .weights = {0, 1},
                  .objective = 0.75,
                  .single_loss = {2, 0.5},
                  .contest = {},
                  .evaluations = 33,
                  .delivered = {}};
  adapted.contest = {
      .contestants =
          {{.name = "base", .loss = 3, .shots = {0, 0}, .test = {0, 0}},
           {.name = "best single module: b", .loss = 0.5, .shots = {1, 1}, .test = {1, 0}},
           {.name = "mixture", .loss = 0.625, .shots = {1, 0}, .test = {}}},
      .answer = 1};
  return adapted;
}

bool is_of(const nlohmann::json& value, AdaptedKind kind) {
  const auto all = [&](auto is) { return value.is_array() && std::ranges::all_of(value, is); };
  switch (kind) {
    case AdaptedKind::text:
      return value.is_string();
    case AdaptedKind::integer:
      return value.is_number_integer();
    case AdaptedKind::number:
      return value.is_number();
    case AdaptedKind::texts:
      return all([](const auto& x) { return x.is_string(); });
    case AdaptedKind::numbers:
      return all([](const auto& x) { return x.is_number(); });
    case AdaptedKind::object:
      return value.is_object();
    case AdaptedKind::objects:
      return all([](const auto& x) { return x.is_object(); });
  }
  return false;
}

TEST(AdaptedJson, HasTheFieldsOfTheTableAndTheirKinds) {
  study::Trial trial{.method = study::Method::gradient};
  trial.train.descent = study::Descent::bfgs;
  trial.seed = {.modules = 4, .shots = 5, .search = 6};
  const auto json = nlohmann::ordered_json::parse(adapted_json(two_modules(), trial, "here"));
  ASSERT_EQ(json.size(), adapted_fields().size());
  auto field = adapted_fields().begin();
  for (const auto& [key, value] : json.items()) {
    EXPECT_EQ(key, field->name);
    EXPECT_TRUE(is_of(value, field->kind)) << key << ": " << value;
    ++field;
  }
  EXPECT_EQ(json["loss"], 0.5);
  EXPECT_EQ(json["zero_loss"], 3);
  EXPECT_EQ(json["objective"], 0.75);
  EXPECT_EQ(json["answer"], "best single module: b");
  EXPECT_EQ(json["search"], "gradient (bfgs)");
  EXPECT_EQ(json["seeds"], (nlohmann::ordered_json{{"modules", 4}, {"shots", 5}, {"search", 6}}));
  EXPECT_EQ(json["compared"][1]["test"]["accuracy"], 50);
  EXPECT_TRUE(json["compared"][2]["test"].is_null()) << "it was not answered";
}

// What stands between the two marks of the page, and where.
struct Section {
  size_t from = 0;
  std::string text;
};

Section section(const std::string& page) {
  const std::string begin = "<!-- fields: begin -->\n", end = "<!-- fields: end -->\n";
  const size_t from = page.find(begin) + begin.size(), to = page.find(end);
  EXPECT_LE(from, to);
  return {.from = from, .text = page.substr(from, to - from)};
}

TEST(AdaptedJson, ItsTableStandsInTheDocumentation) {
  std::string page = base::read_file(kPage);
  const Section old = section(page);
  if (std::getenv("LORAHUB_RENEW") != nullptr)
    base::write_file(kPage, page.replace(old.from, old.text.size(), adapted_field_table()));
  EXPECT_EQ(section(base::read_file(kPage)).text, adapted_field_table())
      << "To renew the table, run: LORAHUB_RENEW=1 build/dev/tests/run_test "
         "--gtest_filter='AdaptedJson.*'";
}

}  // namespace
}  // namespace lorahub::run
