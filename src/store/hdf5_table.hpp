// Tables: one-dimensional compound datasets with texts of fixed length, as pandas and R open them.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/handles.hpp"

namespace lorahub::store {

enum class Kind {
  text,
  integer,
  real,
  flag
};  // UTF-8; int64, -1 missing; float64, NaN missing; int8, 0 or 1

struct Column {
  std::string name;
  Kind kind = Kind::text;
  std::string units;    // "" for names, "1" for pure numbers
  std::string meaning;  // long_name
};
struct Table {
  std::string name;
  std::vector<Column> columns;
};

using Cell = std::variant<std::string_view, int64_t, double>;
using Emit = std::function<void(const std::vector<Cell>&)>;
using Rows = std::function<void(const Emit&)>;  // gives one row after the other

// `rows` runs twice: for the widths of the texts, and to write. NaNs are written as one and the
// same.
void write_table(hid_t parent, const Table& table, const Rows& rows);

class TableReader;

class RowView {
 public:
  RowView(const TableReader& table, const char* bytes) : table_(table), bytes_(bytes) {}
  std::string text(std::string_view column) const;  // numbers: shortest exact; missing: ""
  int64_t integer(std::string_view column) const;
  double real(std::string_view column) const;

 private:
  const TableReader& table_;
  const char* bytes_;
};

class TableReader {
 public:
  TableReader(hid_t parent, const std::string& name);
  hsize_t rows() const { return rows_; }
  std::vector<std::string> columns() const;
  bool has(std::string_view column) const;
  void each(const std::function<void(const RowView&)>& visit) const;

 private:
  friend class RowView;
  struct Member {
    std::string name;
    Kind kind;
    size_t offset, size;  // bytes in a row in memory
  };
  const Member& member(std::string_view name) const;

  std::string name_;
  Dataset dataset_;
  Type type_;  // of a row in memory
  size_t width_ = 0;
  hsize_t rows_ = 0;
  std::vector<Member> members_;
};

}  // namespace lorahub::store
