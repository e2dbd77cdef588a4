#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "store/digest.hpp"
#include "store/disk.hpp"
#include "store/hdf5.hpp"
#include "store/knob_columns.hpp"
#include "store/provenance.hpp"
#include "store/result_columns.hpp"
#include "store/result_tables.hpp"
#include "store/trace.hpp"
#include "study/losses.hpp"

namespace lorahub::store {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kLongestTitle =
    4096;  // bytes; attributes end at 64 KiB, the whole question is in /config

// The planned trials, then those that were recorded under an earlier plan, by id: no result goes
// missing.
std::vector<PlannedTrial> all_runs(const History& history,
                                   const std::vector<PlannedTrial>& planned) {
  std::vector<PlannedTrial> runs = planned;
  std::set<std::string> known;
  for (const PlannedTrial& run : planned) known.insert(run.id);
  for (const auto& [id, record] : history.finished)
    if (!known.contains(id)) runs.push_back({.id = id, .knobs = record.knobs});
  return runs;
}

std::string_view status(const History& history, const std::string& id) {
  if (history.finished.contains(id)) return "done";
  if (history.failed.contains(id)) return "failed";
  return history.started.contains(id) ? "running" : "missing";
}

int64_t start_of(const History& history, const std::string& id) {
  const auto found = history.made_by.find(id);
  return found == history.made_by.end() ? -1 : static_cast<int64_t>(found->second);
}

Cell result_cell(const ResultColumn& column, const Record* record) {
  if (record != nullptr) return column.field.get(*record);
  return column.field.kind == ColumnKind::real ? Cell(kMissing) : Cell(int64_t{-1});
}

// The table with the unit of the trials' losses, where a column has it.
ResultTable with_loss_unit(ResultTable table, const std::vector<PlannedTrial>& runs) {
  std::vector<std::map<std::string, std::string>> trials;
  for (const PlannedTrial& run : runs) trials.emplace_back(run.knobs.begin(), run.knobs.end());
  for (Column& column : table.columns)
    if (column.of_loss) column.units = study::loss_units(trials);
  return table;
}

class StudyWriter {
 public:
  StudyWriter(hid_t file, const History& history, const std::vector<PlannedTrial>& planned)
      : file_(file),
        history_(history),
        planned_(planned.size()),
        runs_(all_runs(history, planned)) {}

  void write() {
    attributes();
    runs();
    evaluations();
    answers();
    weights();
    shots();
    dropped();
    inputs();
    resolved();
    failures();
    faults();
    headers();
    config();
    traces();
  }

 private:
  const Header& header() const {
    static const Header kNone;
    return history_.headers.empty() ? kNone : history_.headers.back();
  }

  const Record* record(const std::string& id) const {
    const auto found = history_.finished.find(id);
    return found == history_.finished.end() ? nullptr : &found->second;
  }

  void each_record(const std::function<void(const Record&)>& visit) const {
    for (const PlannedTrial& run : runs_)
      if (const Record* found = record(run.id)) visit(*found);
  }

  void attributes() {
    write_attribute(file_, "Conventions", "lorahub-results-1");
    write_attribute(file_, "schema_version", newest_schema());
    write_attribute(file_, "title", header().study);
    write_attribute(file_, "question", header().question.substr(0, kLongestTitle));
    write_attribute(file_, "creator", "lorahub " + version());
    write_attribute(file_, "created_utc", header().started_utc);
    write_attribute(file_, "study_sha256", base::sha256(header().yaml));
    write_attribute(file_, "default", "runs");
    write_attribute(file_, "digest", unsealed_digest());
  }

  void runs() {
    const RowTable<RunRow> identity = RunRow::table();
    const std::vector<KnobColumn> knobs = knob_columns(runs_);
    ResultTable table = identity.table();
    for (const KnobColumn& knob : knobs) table.columns.push_back(knob.column);
    for (const ResultColumn& column : result_columns()) table.columns.push_back(column.column());
    write_table(file_, with_loss_unit(table, runs_), [&](const Emit& emit) {
      for (size_t i = 0; i < runs_.size(); ++i) {
        std::vector<Cell> cells = identity.cells(run(i));
        for (const KnobColumn& knob : knobs) cells.push_back(cell(knob, i));
        for (const ResultColumn& column : result_columns())
          cells.push_back(result_cell(column, record(runs_[i].id)));
        emit(cells);
      }
    });
  }

  RunRow run(size_t i) const {
    const std::string& id = runs_[i].id;
    return {.id = id,
            .status = status(history_, id),
            .planned = i < planned_,
            .start = start_of(history_, id)};
  }

  void evaluations() {
    const RowTable<EvaluationRow> table = EvaluationRow::table();
    table.write_as(with_loss_unit(table.table(), runs_), file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (size_t g = 0; g < r.generations.size(); ++g)
          for (size_t p = 0; p < r.generations[g].losses.size(); ++p)
            emit({.id = r.trial,
                  .generation = static_cast<int64_t>(g),
                  .candidate = static_cast<int64_t>(p),
                  .loss = r.generations[g].losses[p]});
      });
    });
  }

  void answers() {
    AnswerRow::table().write(file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (const Answer& a : r.answers)
          emit({.id = r.trial,
                .row = a.row,
                .hit = a.hit,
                .target = a.target,
                .answer = a.answer,
                .input_sha256 = a.input_sha256});
      });
    });
  }

  void weights() {
    WeightRow::table().write(file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (size_t i = 0; i < r.weights.size(); ++i)
          emit({.id = r.trial,
                .module = i < r.modules.size() ? std::string_view(r.modules[i]) : "",
                .weight = r.weights[i]});
      });
    });
  }

  void shots() {
    ShotRow::table().write(file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (size_t k = 0; k < r.shot_rows.size(); ++k)
          emit(
              {.id = r.trial,
               .row = r.shot_rows[k],
               .tokens = k < r.shot_tokens.size() ? r.shot_tokens[k] : -1,
               .loss_sum = k < r.shot_sums.size() ? r.shot_sums[k] : kMissing,
               .input_sha256 = k < r.shot_sha256.size() ? std::string_view(r.shot_sha256[k]) : ""});
      });
    });
  }

  void dropped() {
    DroppedRow::table().write(file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (const int row : r.dropped_rows) emit({.id = r.trial, .row = row});
      });
    });
  }

  void inputs() {
    InputRow::table().write(file_, [&](const auto& emit) {
      for (const PlannedTrial& run : runs_)
        if (const auto found = history_.inputs.find(run.id); found != history_.inputs.end())
          for (const auto& [name, hash] : found->second)
            emit({.id = run.id, .name = name, .sha256 = hash});
    });
  }

  void resolved() {
    ResolvedRow::table().write(file_, [&](const auto& emit) {
      each_record([&](const Record& r) {
        for (const auto& [key, value] : r.resolved)
          emit({.id = r.trial, .key = key, .value = value});
      });
    });
  }

  void faults() {
    FaultRow::table().write(file_, [&](const auto& emit) {
      const auto rows = [&](const std::string& id, const std::vector<search::Generation>& all) {
        for (size_t g = 0; g < all.size(); ++g)
          for (const search::Fault& fault : all[g].faults)
            emit({.id = id,
                  .generation = static_cast<int64_t>(g),
                  .candidate = fault.candidate,
                  .cause = fault.cause});
      };
      each_record([&](const Record& r) { rows(r.trial, r.generations); });
      for (const auto& [id, told] : history_.told)
        if (history_.failed.contains(id)) rows(id, told);
    });
  }

  void failures() {
    FailureRow::table().write(file_, [&](const auto& emit) {
      for (const auto& [id, message] : history_.failed) emit({.id = id, .message = message});
    });
  }

  void headers() {
    const Group group = create_group(file_, "headers");
    StartRow::table().write(file_, [&](const auto& emit) {
      for (size_t i = 0; i < history_.headers.size(); ++i) {
        const Header& h = history_.headers[i];
        const std::string hash = base::sha256(h.yaml);
        emit({.start = static_cast<int64_t>(i),
              .started_utc = h.started_utc,
              .study = h.study,
              .command_line = h.command_line,
              .yaml_sha256 = hash});
      }
    });
    EnvironmentRow::table().write(file_, [&](const auto& emit) {
      for (size_t i = 0; i < history_.headers.size(); ++i)
        for (const auto& [key, value] : history_.headers[i].environment)
          emit({.start = static_cast<int64_t>(i), .key = key, .value = value});
    });
  }

  void config() {
    const Group group = create_group(file_, "config");
    write_text(group, "yaml", header().yaml);
    write_text(group, "question", header().question);
  }

  void traces() {
    const Group group = create_group(file_, "trace");
    each_record([&](const Record& r) {
      if (!r.generations.empty()) write_trace(group, r);
    });
  }

  hid_t file_;
  const History& history_;
  size_t planned_;
  std::vector<PlannedTrial> runs_;
};

std::string content(const History& history, const std::vector<PlannedTrial>& planned) {
  const Quiet quiet;
  const FileHandle file = create_image();
  StudyWriter(file, history, planned).write();
  std::string bytes = image(file);
  seal(bytes);
  return bytes;
}

}  // namespace

void write_hdf5(const std::filesystem::path& file, const History& history,
                const std::vector<PlannedTrial>& planned) {
  try {
    base::write_file(file, content(history, planned));
  } catch (const Hdf5Failure& failure) {
    base::fail("cannot make {}: {} (results are kept in the journal), run the same command again",
               file.string(), failure.what());
  }
}

}  // namespace lorahub::store
