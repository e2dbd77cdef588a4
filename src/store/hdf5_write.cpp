#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "store/digest.hpp"
#include "store/disk.hpp"
#include "store/hdf5.hpp"
#include "store/layout.hpp"
#include "store/provenance.hpp"
#include "store/trace.hpp"

namespace lorahub::store {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kLongestTitle =
    4096;  // bytes; attributes end at 64 KiB, the whole question is in /config

// The planned trials, then those that were recorded under an earlier plan, by id: no result goes
// missing.
std::vector<Planned> all_runs(const History& history, const std::vector<Planned>& planned) {
  std::vector<Planned> runs = planned;
  std::set<std::string> known;
  for (const Planned& run : planned) known.insert(run.id);
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

void add_results(std::vector<Cell>& cells, const Record* record) {
  if (record == nullptr) {
    for (const Column& column : layout::run_results())
      cells.push_back(column.kind == Kind::real ? Cell(kMissing) : Cell(int64_t{-1}));
    return;
  }
  const Counts& counts = record->counts;
  const auto hits = std::ranges::count_if(record->answers, &Answer::hit);
  cells.insert(
      cells.end(),
      {record->accuracy, record->best_loss, record->zero_loss,
       static_cast<int64_t>(record->answers.size()), static_cast<int64_t>(hits), counts.evaluations,
       counts.probes, counts.rounds, counts.example_forwards, counts.search_tokens,
       counts.answer_tokens, record->timing.load, record->timing.search, record->timing.answer,
       record->timing.energy, int64_t{record->timing.waits}});
}

class StudyWriter {
 public:
  StudyWriter(hid_t file, const History& history, const std::vector<Planned>& planned)
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
    for (const Planned& run : runs_)
      if (const Record* found = record(run.id)) visit(*found);
  }

  void attributes() {
    write_attribute(file_, "Conventions", "lorahub-results-1");
    write_attribute(file_, "schema_version", kSchemaVersion);
    write_attribute(file_, "title", header().study);
    write_attribute(file_, "question", header().question.substr(0, kLongestTitle));
    write_attribute(file_, "creator", "lorahub " + version());
    write_attribute(file_, "created_utc", header().started_utc);
    write_attribute(file_, "study_sha256", base::sha256(header().yaml));
    write_attribute(file_, "default", "runs");
    write_attribute(file_, "digest", unsealed_digest());
  }

  void runs() {
    const std::vector<layout::Knob> knobs = layout::knobs(runs_);
    Table table{"runs", layout::run_identity()};
    for (const layout::Knob& knob : knobs) table.columns.push_back(knob.column);
    for (Column& column : layout::run_results()) table.columns.push_back(std::move(column));
    write_table(file_, table, [&](const Emit& emit) {
      for (size_t i = 0; i < runs_.size(); ++i) {
        std::vector<Cell> cells{runs_[i].id, status(history_, runs_[i].id), int64_t{i < planned_},
                                start_of(history_, runs_[i].id)};
        for (const layout::Knob& knob : knobs) cells.push_back(layout::cell(knob, i));
        add_results(cells, record(runs_[i].id));
        emit(cells);
      }
    });
  }

  void evaluations() {
    write_table(file_, layout::evaluations(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (size_t g = 0; g < r.generations.size(); ++g)
          for (size_t p = 0; p < r.generations[g].losses.size(); ++p)
            emit({r.trial, static_cast<int64_t>(g), static_cast<int64_t>(p),
                  r.generations[g].losses[p]});
      });
    });
  }

  void answers() {
    write_table(file_, layout::answers(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (const Answer& a : r.answers)
          emit({r.trial, int64_t{a.row}, int64_t{a.hit}, a.target, a.answer, a.input_sha256});
      });
    });
  }

  void weights() {
    write_table(file_, layout::weights(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (size_t i = 0; i < r.weights.size(); ++i)
          emit({r.trial, i < r.modules.size() ? std::string_view(r.modules[i]) : "", r.weights[i]});
      });
    });
  }

  void shots() {
    write_table(file_, layout::shots(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (size_t k = 0; k < r.shot_rows.size(); ++k)
          emit({r.trial, int64_t{r.shot_rows[k]},
                int64_t{k < r.shot_tokens.size() ? r.shot_tokens[k] : -1},
                k < r.shot_sums.size() ? r.shot_sums[k] : kMissing,
                k < r.shot_sha256.size() ? std::string_view(r.shot_sha256[k]) : ""});
      });
    });
    write_table(file_, layout::dropped(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (const int row : r.dropped_rows) emit({r.trial, int64_t{row}});
      });
    });
  }

  void inputs() {
    write_table(file_, layout::inputs(), [&](const Emit& emit) {
      for (const Planned& run : runs_)
        if (const auto found = history_.inputs.find(run.id); found != history_.inputs.end())
          for (const auto& [name, hash] : found->second) emit({run.id, name, hash});
    });
  }

  void resolved() {
    write_table(file_, layout::resolved(), [&](const Emit& emit) {
      each_record([&](const Record& r) {
        for (const auto& [key, value] : r.resolved) emit({r.trial, key, value});
      });
    });
  }

  void faults() {
    write_table(file_, layout::faults(), [&](const Emit& emit) {
      const auto rows = [&](const std::string& id, const std::vector<search::Generation>& all) {
        for (size_t g = 0; g < all.size(); ++g)
          for (const search::Fault& fault : all[g].faults)
            emit({id, static_cast<int64_t>(g), int64_t{fault.candidate}, fault.cause});
      };
      each_record([&](const Record& r) { rows(r.trial, r.generations); });
      for (const auto& [id, told] : history_.told)
        if (history_.failed.contains(id)) rows(id, told);
    });
  }

  void failures() {
    write_table(file_, layout::failures(), [&](const Emit& emit) {
      for (const auto& [id, message] : history_.failed) emit({id, message});
    });
  }

  void headers() {
    const Group group = create_group(file_, "headers");
    write_table(group, layout::starts(), [&](const Emit& emit) {
      for (size_t i = 0; i < history_.headers.size(); ++i) {
        const Header& h = history_.headers[i];
        const std::string hash = base::sha256(h.yaml);
        emit({static_cast<int64_t>(i), h.started_utc, h.study, h.command_line, hash});
      }
    });
    write_table(group, layout::environment(), [&](const Emit& emit) {
      for (size_t i = 0; i < history_.headers.size(); ++i)
        for (const auto& [key, value] : history_.headers[i].environment)
          emit({static_cast<int64_t>(i), key, value});
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
  std::vector<Planned> runs_;
};

std::string content(const History& history, const std::vector<Planned>& planned) {
  const Quiet quiet;
  const FileHandle file = create_image();
  StudyWriter(file, history, planned).write();
  std::string bytes = image(file);
  seal(bytes);
  return bytes;
}

}  // namespace

void write_hdf5(const std::filesystem::path& file, const History& history,
                const std::vector<Planned>& planned) {
  try {
    base::write_file(file, content(history, planned));
  } catch (const Hdf5Failure& failure) {
    base::fail("cannot make {}: {} (results are kept in the journal), run the same command again",
               file.string(), failure.what());
  }
}

}  // namespace lorahub::store
