// The schemas of result files: the number in the attribute `schema_version`.
#pragma once

namespace lorahub::store {

inline constexpr int kSchemaVersion = 4;  // written
inline constexpr int kOldestSchema = 3;   // read

}  // namespace lorahub::store
