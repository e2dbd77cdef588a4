// Tables: one-dimensional compound datasets with texts of fixed length, as pandas and R open them.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/column.hpp"
#include "store/handles.hpp"

namespace lorahub::store {

using Emit = std::function<void(const std::vector<Cell>&)>;
using RowSource = std::function<void(const Emit&)>;  // gives one row after the other

// `rows` runs twice: for the widths of the texts, and to write. All NaNs are written with the same
// bits.
void write_table(hid_t parent, const ResultTable& table, const RowSource& rows);

class TableReader;

class RowView {
 public:
  RowView(const TableReader& table, const char* bytes) : table_(table), bytes_(bytes) {}
  bool has(std::string_view column) const;
  std::string text(std::string_view column) const;  // numbers: shortest exact; missing: ""
  std::string_view text_view(std::string_view column) const;  // of texts, while the view lives
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
  // The attribute `columns`: {"accuracy": {"units": "percent", "long_name": "..."}}, with the
  // "knob" of a knob's column. Error where it holds anything else.
  std::string description() const;
  bool has(std::string_view column) const;
  void each(const std::function<void(const RowView&)>& visit) const;

 private:
  friend class RowView;
  struct Member {
    std::string name;
    ColumnKind kind;
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
