#include "store/result_columns.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "samples.hpp"
#include "store/codec.hpp"
#include "store/result_file.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

using Json = nlohmann::ordered_json;

// A value of its own for each column that the journal has.
Cell value_of(size_t column) {
  const auto number = static_cast<int64_t>(100 + column);
  return result_columns()[column].field.kind == ColumnKind::real
             ? Cell(static_cast<double>(number) + 0.5)
             : Cell(number);
}

Record numbered() {
  Record record = samples::record("1a5e1876d96499f6", "E1", 1);
  for (size_t c = 0; c < result_columns().size(); ++c)
    if (!result_columns()[c].journal.empty())
      result_columns()[c].field.restore(record, value_of(c));
  return record;
}

TEST(ResultColumns, EachHasAMemberOfItsOwn) {
  const Record record = numbered();
  for (size_t c = 0; c < result_columns().size(); ++c)
    if (!result_columns()[c].journal.empty()) {
      EXPECT_EQ(result_columns()[c].field.get(record), value_of(c)) << result_columns()[c].name;
    }
}

TEST(ResultColumns, EachComesBackFromTheJournal) {
  const std::string line = encode(Finish{.record = numbered(), .told = 0});
  const Record back = std::get<Finish>(decode(line)).record;
  for (const ResultColumn& column : result_columns())
    EXPECT_EQ(column.field.get(back), column.field.get(numbered())) << column.name;
}

TEST(ResultColumns, OneThatTheJournalLacksIsRefusedWhereItAlwaysWas) {
  const Json whole = Json::parse(encode(Finish{.record = numbered(), .told = 0}));
  int asked = 0;
  for (const ResultColumn& column : result_columns()) {
    if (column.journal.empty()) continue;
    Json json = whole;
    const Json::json_pointer place("/record" + column.journal);
    json.at(place.parent_pointer()).erase(place.back());
    ++asked;
    if (column.older_journals == OlderJournals::have_it) {
      EXPECT_THROW(decode(json.dump()), base::Error) << column.name;
      continue;
    }
    const Cell found = column.field.get(std::get<Finish>(decode(json.dump())).record);
    const Cell missing = column.field.get(Record{});
    const auto* real = std::get_if<double>(&missing);
    EXPECT_TRUE(found == missing ||
                (real != nullptr && std::isnan(*real) && std::isnan(std::get<double>(found))))
        << column.name;
  }
  EXPECT_GT(asked, 10);
}

TEST(ResultColumns, EachIsAColumnOfRuns) {
  const samples::Folder folder;
  History history = samples::history();
  const Record record = history.finished["1a5e1876d96499f6"] = numbered();
  write_hdf5(folder / "x.h5", history, samples::planned());
  int rows = 0;
  with_result_file(folder / "x.h5", [&](hid_t file) {
    rows = 0;
    TableReader(file, "runs").each([&](const RowView& view) {
      const bool done = view.text("id") == record.trial;
      rows += done ? 1 : 0;
      for (const ResultColumn& column : result_columns()) {
        if (!done) continue;
        const bool real = column.field.kind == ColumnKind::real;
        const Cell found = real ? Cell(view.real(column.name)) : Cell(view.integer(column.name));
        EXPECT_EQ(found, column.field.get(record)) << column.name;
      }
    });
  });
  EXPECT_EQ(rows, 1);
}

TEST(ResultColumns, TheSchemaIsThatOfTheNewestColumn) {
  int newest = 0;
  for (const ResultTable& table : result_tables())
    for (const Column& column : table.columns) {
      EXPECT_LE(column.since_schema, newest_schema()) << table.name << "." << column.name;
      newest = std::max(newest, column.since_schema);
    }
  EXPECT_EQ(std::max(newest, kIdentifierSchema), newest_schema());
  EXPECT_GE(newest, kOldestSchema);
}

}  // namespace
}  // namespace lorahub::store
