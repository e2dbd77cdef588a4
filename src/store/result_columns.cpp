#include "store/result_columns.hpp"

#include <algorithm>
#include <type_traits>

namespace lorahub::store {
namespace {

// The field for a member that Record and Row both have.
template <class Member>
struct Alike {
  using Value = std::remove_cvref_t<decltype(Member{}(std::declval<Record&>()))>;
  static constexpr ColumnKind kKind =
      std::is_floating_point_v<Value> ? ColumnKind::real : ColumnKind::integer;
  using Stored = std::conditional_t<kKind == ColumnKind::real, double, int64_t>;

  static Cell get(const Record& record) { return Stored{Member{}(record)}; }
  static void set(ResultRow& row, const Cell& cell) {
    Member{}(row) = static_cast<Value>(std::get<Stored>(cell));
    if constexpr (kKind == ColumnKind::integer) Member{}(row) = std::max<Value>(0, Member{}(row));
  }
  static void restore(Record& record, const Cell& cell) {
    Member{}(record) = static_cast<Value>(std::get<Stored>(cell));
  }
};

template <class Member>
ResultField member(Member) {
  using Field = Alike<Member>;
  return {Field::kKind, Field::get, Field::set, Field::restore};
}

void restores_nothing(Record&, const Cell&) {}  // the answers are recorded

Cell count_rows(const Record& record) { return static_cast<int64_t>(record.answers.size()); }
Cell count_hits(const Record& record) {
  return int64_t{std::ranges::count_if(record.answers, &Answer::hit)};
}
void set_rows(ResultRow& row, const Cell& cell) {
  row.test_rows = static_cast<int>(std::max<int64_t>(0, std::get<int64_t>(cell)));
}
void set_no_hits(ResultRow&, const Cell&) {}  // readers count them in /answers

std::vector<ResultColumn> all_columns() {
  return {
      {.name = "accuracy",
       .unit = "percent",
       .meaning = "right answers of the test rows",
       .field = member([](auto& r) -> auto& { return r.accuracy; }),
       .journal = "/accuracy"},
      {.name = "best_loss",
       .unit = kLossUnit,
       .meaning = "few-shot loss of the chosen weights",
       .field = member([](auto& r) -> auto& { return r.best_loss; }),
       .journal = "/best_loss",
       .remark = "With `precision: delta-*` it is evaluated again in f32."},
      {.name = "zero_loss",
       .unit = kLossUnit,
       .meaning = "few-shot loss of w = 0",
       .field = member([](auto& r) -> auto& { return r.zero_loss; }),
       .journal = "/zero_loss",
       .remark = "It is missing where it was not computed."},
      {.name = "test_rows",
       .unit = "1",
       .meaning = "test rows answered",
       .field = {ColumnKind::integer, count_rows, set_rows, restores_nothing}},
      {.name = "hits",
       .unit = "1",
       .meaning = "right answers",
       .field = {ColumnKind::integer, count_hits, set_no_hits, restores_nothing}},
      {.name = "evaluations",
       .unit = "1",
       .meaning = "candidates evaluated: probes and search",
       .field = member([](auto& r) -> auto& { return r.counts.evaluations; }),
       .journal = "/counts/evaluations"},
      {.name = "probes",
       .unit = "1",
       .meaning = "of these, by `retrieve` (`probe`, `slope`), in one round",
       .field = member([](auto& r) -> auto& { return r.counts.probes; }),
       .journal = "/counts/probes",
       .older_journals = OlderJournals::lack_it,
       .remark = "They come before the search: each module alone, or one of no module with its "
                 "gradient."},
      {.name = "rounds",
       .unit = "1",
       .meaning = "sequential steps: probes and search",
       .field = member([](auto& r) -> auto& { return r.counts.rounds; }),
       .journal = "/counts/rounds",
       .remark = "The pass of `logo` over a test input, before its answer, is one."},
      {.name = "example_forwards",
       .unit = "1",
       .meaning = "(candidate, example) pairs evaluated",
       .field = member([](auto& r) -> auto& { return r.counts.example_forwards; }),
       .journal = "/counts/example_forwards",
       .remark =
           "A backward pass counts as two, one of a training (`/resolved` has both counts) or of "
           "`retrieve: slope`; `logo` adds its pass over each test input."},
      {.name = "search_tokens",
       .unit = "token",
       .meaning = "source and target tokens of forward passes over these pairs",
       .field = member([](auto& r) -> auto& { return r.counts.search_tokens; }),
       .journal = "/counts/search_tokens",
       .remark = "A backward pass adds none."},
      {.name = "answer_tokens",
       .unit = "token",
       .meaning = "source tokens of the test prompts",
       .field = member([](auto& r) -> auto& { return r.counts.answer_tokens; }),
       .journal = "/counts/answer_tokens"},
      {.name = "load_s",
       .unit = "s",
       .meaning = "wall clock: reading model, modules and task",
       .field = member([](auto& r) -> auto& { return r.timing.load; }),
       .journal = "/seconds/load"},
      {.name = "search_s",
       .unit = "s",
       .meaning = "wall clock: search",
       .field = member([](auto& r) -> auto& { return r.timing.search; }),
       .journal = "/seconds/search",
       .remark = "It counts from the start that ended the trial: what an earlier one had computed "
                 "before it was stopped is not in it."},
      {.name = "answer_s",
       .unit = "s",
       .meaning = "wall clock: answering the test rows",
       .field = member([](auto& r) -> auto& { return r.timing.answer; }),
       .journal = "/seconds/answer"},
      {.name = "energy_j",
       .unit = "J",
       .meaning = "counted meanwhile by the meters of rank 0's node",
       .field = member([](auto& r) -> auto& { return r.timing.energy; }),
       .journal = "/joules",
       .older_journals = OlderJournals::lack_it,
       .remark =
           "It is all that the node does from start to end of the trial, other jobs included, as "
           "far as the meters of RAPL and NVIDIA can be read."},
      {.name = "waits",
       .unit = "1",
       .meaning = "times the search waited for its ranks",
       .field = member([](auto& r) -> auto& { return r.timing.waits; }),
       .journal = "/waits",
       .remark = "They are fewer than `rounds` where idle ranks computed the next points ahead, or "
                 "another trial had asked for the same."}};
}

}  // namespace

Column ResultColumn::column() const {
  return {.name = name,
          .kind = field.kind,
          .units = std::string(unit.text()),
          .meaning = std::string(meaning.text()),
          .remark = remark,
          .since_schema = since_schema,
          .of_loss = unit.is_of_loss()};
}

const std::vector<ResultColumn>& result_columns() {
  static const std::vector<ResultColumn> kColumns = all_columns();
  return kColumns;
}

}  // namespace lorahub::store
