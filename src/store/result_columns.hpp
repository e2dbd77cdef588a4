// The columns with results of a trial: one line each, for the journal, for /runs of the result
// file, for CSV and for the documentation.
#pragma once
#include "store/column.hpp"
#include "store/record.hpp"

namespace lorahub::store {

// Where a column's value lies in memory. int64_t where `kind` is integer, double where it is real.
struct ResultField {
  ColumnKind kind;
  Cell (&get)(const Record&);
  void (&set)(ResultRow&, const Cell&);   // a count that is missing in the file becomes 0
  void (&restore)(Record&, const Cell&);  // from what the journal says
};

enum class OlderJournals { have_it, lack_it };

struct ResultColumn {
  std::string name;
  ColumnUnit unit;
  ColumnMeaning meaning;
  ResultField field;
  std::string journal = {};  // JSON pointer into a record; "": it follows from other entries
  OlderJournals older_journals = OlderJournals::have_it;  // lack_it: the default of Record's member
                                                          // stands for a value that is missing
  std::string remark = {};  // sentences that only the documentation has

  int since_schema = kOldestSchema;  // files of earlier schemas are read without this column

  Column column() const;
};

const std::vector<ResultColumn>& result_columns();  // in the order of the file

}  // namespace lorahub::store
