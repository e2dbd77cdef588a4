// Built with the result column that add_result_column.patch adds: writes its value to the journal's
// JSON and prints what is read back.
#include <cstdio>

#include "store/codec.hpp"
#include "store/result_columns.hpp"

namespace store = lorahub::store;

int main() {
  store::Record record;
  record.counts.peak_memory = 12345;
  const std::string line = store::encode(store::Finish{.record = record, .told = 0});
  const store::JournalEntry entry = store::decode(line);
  for (const store::ResultColumn& column : store::result_columns())
    if (column.name == "peak_memory")
      std::printf("peak_memory %ld %s %d\n",
                  std::get<int64_t>(column.field.get(std::get<store::Finish>(entry).record)),
                  column.column().units.c_str(), column.column().since_schema);
}
