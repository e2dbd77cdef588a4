// What a column of a result file says about itself.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/schema_version.hpp"

namespace lorahub::store {

enum class ColumnKind {
  text,
  integer,
  real,
  flag
};  // UTF-8; int64, -1 missing; float64, NaN missing; int8, 0 or 1

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::text;
  std::string units;                 // "" for names, "1" for pure numbers
  std::string meaning;               // long_name
  std::string remark = {};           // sentences that only the documentation has
  int since_schema = kOldestSchema;  // the first schema whose files have it
  std::string knob = {};             // whose values it holds; "": it is no column of a knob
  bool of_loss = false;              // its unit is that of the trials' losses
};
struct ResultTable {
  std::string name;  // its path in the file
  std::vector<Column> columns = {};
  std::string one_row = {};  // what a row stands for, for the documentation
};

using Cell = std::variant<std::string_view, int64_t, double>;

// A column that leaves out its unit or its meaning, or gives an empty one, does not compile.
class ColumnUnit {
 public:
  consteval ColumnUnit(const char* text) : text_(text) {  // "1": a pure number
    if (text_.empty()) throw "a unit is empty; texts have kNoUnit";
  }
  static consteval ColumnUnit none() { return {}; }
  // `text` for the documentation; a file has the unit of its trials' losses (study/losses.hpp).
  static consteval ColumnUnit of_loss(const char* text) {
    ColumnUnit unit(text);
    unit.of_loss_ = true;
    return unit;
  }
  constexpr bool is_of_loss() const { return of_loss_; }
  constexpr std::string_view text() const { return text_; }

 private:
  consteval ColumnUnit() = default;
  std::string_view text_;
  bool of_loss_ = false;
};
inline constexpr ColumnUnit kNoUnit = ColumnUnit::none();  // of names and other texts
inline constexpr ColumnUnit kLossUnit = ColumnUnit::of_loss("that of `loss`");

class ColumnMeaning {
 public:
  consteval ColumnMeaning(const char* text) : text_(text) {
    if (text_.empty()) throw "a meaning is empty";
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace lorahub::store
