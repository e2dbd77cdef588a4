// The schemas of result files: the number in the attribute `schema_version`. The newest one follows
// from the columns (newest_schema in store/result_tables.hpp).
#pragma once

namespace lorahub::store {

inline constexpr int kOldestSchema = 3;  // that is read

// The first schema whose columns of knobs are identifiers (search_budget) and say which knob they
// hold, and whose traces have the state of CMA-ES. Earlier files have the knob's name as the
// column.
inline constexpr int kIdentifierSchema = 5;

}  // namespace lorahub::store
