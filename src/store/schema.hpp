// The schemas of result files: the number in the attribute `schema_version`. The newest one follows
// from the columns (newest_schema in store/result_tables.hpp).
#pragma once

namespace lorahub::store {

inline constexpr int kOldestSchema = 3;  // that is read

}  // namespace lorahub::store
