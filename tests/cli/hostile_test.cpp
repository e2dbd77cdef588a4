// Everything in a result file, a library or a study may come from somebody else. Names as an
// attacker would choose them go in through the real writers; what comes out of every command is
// read strictly, and nothing of it may have run.
#include "hostile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "base/printable.hpp"
#include "cli/mini_lab.hpp"
#include "markup.hpp"
#include "process.hpp"
#include "store/hdf5.hpp"
#include "store/journal.hpp"
#include "study/study.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void expect_printable(const std::string& text, const std::string& what) {
  EXPECT_EQ(base::printable(text), text) << what;
}

// No number, and a sign that makes a formula of it.
bool is_formula(std::string cell) {
  if (cell.empty() || std::string_view("=+-@\t\r").find(cell[0]) == std::string_view::npos)
    return false;
  if (cell[0] == '+') cell.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error != std::errc() || end != cell.data() + cell.size();
}

// The cells of a file as RFC 4180 has them.
std::vector<std::vector<std::string>> cells_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted || (c != ',' && c != '\r' && c != '\n')) {
      rows.back().back() += c;
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\n') {
      rows.push_back({""});
    }
  }
  EXPECT_FALSE(quoted);
  return rows;
}

void expect_csv(const fs::path& file) {
  std::string text = read_all(file);
  const auto rows = cells_of(text);
  for (size_t r = 0; r + 1 < rows.size(); ++r) {
    EXPECT_EQ(rows[r].size(), rows[0].size()) << file;
    for (const std::string& cell : rows[r]) EXPECT_FALSE(is_formula(cell)) << cell;
  }
  for (size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) text.erase(at, 1);
  expect_printable(text, file.string());
}

// Rows of a table have as many cells as its head; no tags but those of the report's own.
void expect_markdown(const std::string& text, const std::string& what) {
  expect_printable(text, what);
  size_t width = 0;
  for (const std::string& line : base::split(text, '\n')) {
    const auto pipes = static_cast<size_t>(std::ranges::count(line, '|'));
    const bool in_table = line.starts_with("|");
    EXPECT_TRUE(in_table || pipes == 0) << what << ": " << line;
    EXPECT_TRUE(!in_table || width == 0 || pipes == width) << what << ": " << line;
    width = in_table ? pipes : 0;
    for (size_t at = 0; (at = line.find('<', at)) != std::string::npos; ++at) {
      const std::string_view tag = std::string_view(line).substr(at);
      const bool own = tag.starts_with("<details>") || tag.starts_with("</details>") ||
                       tag.starts_with("<summary>") || tag.starts_with("</summary>");
      const bool sign = tag.size() < 2 || tag[1] == ' ' || tag[1] == '\\' || tag[1] == '&';
      EXPECT_TRUE(own || sign || std::isalpha(static_cast<unsigned char>(tag[1])) == 0)
          << what << ": " << tag;
    }
  }
}

void expect_markup(const std::string& text, const std::string& what) {
  MarkupReader reader(text);
  EXPECT_THAT(reader.problem(), IsEmpty()) << what;
  for (const char* element : {"script", "img", "iframe", "b", "link", "object"})
    EXPECT_FALSE(reader.elements().contains(element)) << what;
  for (const std::string& attribute : reader.attributes())
    EXPECT_THAT(attribute, Not(testing::StartsWith("on"))) << what;
}

class Hostile : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_FALSE(fs::exists(canary_));
    EXPECT_FALSE(fs::exists(folder_ / "CANARY"));
  }
  // Runs in the test's folder; ends well or with one sentence, and prints what a terminal can show.
  Ended lorahub(const std::string& words) const {
    const Ended ended =
        run_command("cd " + quoted(folder_) + " && LORAHUB_CONFIGS=" + kConfigs +
                    " PATH=" + quoted(folder_ / "bin") + ":$PATH " PROGRAM " " + words);
    EXPECT_TRUE(ended.code >= 0 && ended.code <= 2) << words << ": " << ended.code << ended.err;
    expect_printable(ended.out, words);
    expect_printable(ended.err, words);
    return ended;
  }
  fs::path folder_ = fresh_folder("hostile");
  fs::path canary_ = fs::temp_directory_path() / base::format("CANARY{}", ::getpid());
  HostileNames names_{1, canary_.string()};
};

// ---- result files

struct Results {
  store::History history;
  std::vector<store::PlannedTrial> plan;
};

store::Record done(const std::string& id, const store::PlannedTrial& planned, HostileNames& names,
                   double accuracy) {
  store::Record r{.trial = id, .knobs = planned.knobs, .resolved = {{names.next(), names.next()}}};
  r.modules = {"m1", "m2"};
  r.weights = {0.5, -0.25};
  r.best_loss = 0.5;
  r.zero_loss = 1.5;
  r.shot_rows = {1};
  r.shot_tokens = {2};
  r.shot_sums = {0.5};
  r.shot_sha256 = {""};
  r.generations = {{.population = {.dim = 2, .weights = {0.5, -0.25}},
                    .losses = {0.5},
                    .faults = {{.candidate = 0, .cause = names.next()}}}};
  for (int row = 0; row < 4; ++row)
    r.answers.push_back({.row = row,
                         .input_sha256 = "",
                         .target = names.next(),
                         .answer = names.next(),
                         .hit = 25 * row < accuracy});
  r.accuracy = accuracy;
  r.counts.evaluations = 1;
  return r;
}

// Two tasks, two methods and one that nobody knows, two draws; one trial failed.
Results results(HostileNames& names) {
  Results made;
  made.history.headers = {{.study = names.next(),
                           .question = names.next(),
                           .yaml = names.next(),
                           .command_line = names.next(),
                           .started_utc = names.next(),
                           .environment = {{names.next(), names.next()},
                                           {"version", names.next()},
                                           {"cpu", names.next()},
                                           {"trials", names.next()}}}};
  const std::string tasks[] = {names.next(), names.next()}, odd = names.next();
  const std::string modules[] = {names.next(), names.next()}, knob = names.next();
  int count = 0;
  for (const std::string& task : tasks)
    for (const std::string& method : {std::string("zero_shot"), std::string("lorahub"), odd})
      for (const char* seed : {"1", "2"}) {
        const std::string id = count == 0 ? names.next() : base::format("{:016x}", count);
        made.plan.push_back({.id = id,
                             .knobs = {{"task", task},
                                       {"method", method},
                                       {"composition", "factor"},
                                       {"search.method", "cma"},
                                       {"modules", "2"},
                                       {knob.substr(0, knob.find('\0')), method},
                                       {"seed.modules", seed}}});
        made.history.started[id] = 1;
        if (++count == 4) {
          made.history.failed[id] = names.next();
          continue;
        }
        store::Record record = done(id, made.plan.back(), names, 10.0 * count);
        record.modules = {modules[0], modules[1]};
        made.history.finished[id] = record;
      }
  return made;
}

// What a run could have written: a journal that contradicts itself is not read at all.
void write_journal(const fs::path& file, const store::History& history) {
  store::Journal journal(file);
  store::Header header = history.headers[0];
  header.environment["trials"] = "12";
  journal.header(header);
  for (auto [id, record] : history.finished) {
    record.trial = study::id_of_columns(record.knobs);
    record.accuracy =
        100.0 * static_cast<double>(std::ranges::count_if(record.answers, &store::Answer::hit)) /
        static_cast<double>(record.answers.size());
    record.shot_sha256 = {};
    for (search::Generation& g : record.generations) g.faults.clear();
    journal.start(record.trial, {});
    journal.finish(record);
  }
  for (const auto& [id, why] : history.failed) {
    const std::string trial = base::format("{:016x}", 1000 + journal.history().failed.size());
    journal.start(trial, {});
    journal.fail(trial, why);
  }
}

TEST_F(Hostile, ResultFilesReachNoShellPageTableOrTerminal) {
  for (int round = 0; round < 12; ++round) {
    const fs::path folder = folder_ / base::format("r{}", round);
    fs::create_directories(folder);
    const Results made = results(names_);
    try {
      store::write_hdf5(folder / "r.h5", made.history, made.plan);
    } catch (const std::exception&) {
      continue;  // two knobs of one name, say
    }
    { write_journal(folder / "journal.ndj", made.history); }
    const std::string name = folder.filename();
    const Ended brief = lorahub("report " + name);
    expect_markdown(brief.out, "report");
    for (const char* file : {"x.md", "x.html"}) {
      const Ended ended = lorahub("report " + name + " --out " + name + "/pages/" + file);
      EXPECT_EQ(ended.code, brief.code) << ended.err;
    }
    if (brief.code == 0) {
      expect_markdown(read_all(folder / "pages/x.md"), "x.md");
      expect_markup(read_all(folder / "pages/x.html"), "x.html");
      for (const auto& page : fs::directory_iterator(folder / "pages"))
        if (page.path().extension() == ".svg")
          expect_markup(read_all(page.path()), page.path().string());
    }
    const Ended exported = lorahub("export " + name + " --csv --ro-crate");
    if (exported.code == 0) {
      for (const auto& table : fs::directory_iterator(folder / "csv")) expect_csv(table.path());
      EXPECT_TRUE(json::accept(read_all(folder / "ro-crate-metadata.json")));
    }
    lorahub("status " + name);
    EXPECT_TRUE(json::accept(lorahub("status " + name + " --json").out));
    lorahub("check " + name + "/r.h5");
  }
}

// ---- libraries

// A name that a folder may have.
std::string folder_name(HostileNames& names) {
  std::string name = names.next().substr(0, 120);
  for (char& c : name)
    if (c == '/' || c == '\0') c = ':';
  return name == "." || name == ".." ? "dots" : name;
}

void write_adapter(const fs::path& folder, HostileNames& names) {
  fs::create_directories(folder);
  const fs::path real = kConfigs + "/library/mini/r16/find_letter";
  json config = json::parse(read_all(real / "adapter_config.json"));
  config["base_model_name_or_path"] = names.next();
  config["target_modules"] = {names.next(), names.next()};
  std::ofstream(folder / "adapter_config.json")
      << config.dump(1, ' ', false, json::error_handler_t::replace);
  fs::copy_file(real / "adapter_model.safetensors", folder / "adapter_model.safetensors",
                fs::copy_options::overwrite_existing);
  const auto quote = [&] {
    return json(names.next()).dump(-1, ' ', false, json::error_handler_t::replace);
  };
  std::ofstream(folder / "README.md")
      << "---\nbase_model: " << quote() << "\nlorahub:\n  task: " << quote()
      << "\n  prompt: " << quote() << "\n  self_test:\n    - {input: " << quote()
      << ", answer: " << quote() << "}\n---\n# " << names.next() << "\n";
}

TEST_F(Hostile, LibrariesAreListedAndShown) {
  const fs::path library = folder_ / "library";
  std::vector<std::string> modules;
  for (int i = 0; i < 24; ++i) {
    modules.push_back(folder_name(names_));
    write_adapter(library / modules.back(), names_);
  }
  fs::create_symlink("loop", library / "loop");
  const Ended list = lorahub("hub list library");
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.err, HasSubstr("loop can't be looked into"));
  const json all = json::parse(lorahub("hub list library --json").out, nullptr, false);
  EXPECT_EQ(all.size(), std::set<std::string>(modules.begin(), modules.end()).size());
  for (const std::string& module : modules) {
    const std::string words = "hub show library -- " + base::shell_word(module);
    EXPECT_EQ(lorahub(words).code, 0) << module;
  }
  const Ended probe =
      lorahub("probe --model " + kConfigs + "/model/mini --library library --task " + kConfigs +
              "/tasks/mini/upstream/find_letter.jsonl");
  EXPECT_EQ(probe.code, 2);
  EXPECT_THAT(probe.err, HasSubstr("rename its folder"));
}

TEST_F(Hostile, ModulesOnAMapAreOnlyShown) {
  const fs::path library = folder_ / "library";
  fs::create_directories(library);
  for (const char* name : {"a'; system('touch CANARY'); '", "`touch CANARY`", "$(touch CANARY)",
                           "<script>|%s%n", "]]> & \"q\""})
    fs::copy(kConfigs + "/library/mini/r16/find_letter", library / name,
             fs::copy_options::recursive);
  const Ended ended =
      lorahub("probe --model " + kConfigs + "/model/mini --library library --task " + kConfigs +
              "/tasks/mini/upstream/find_letter.jsonl --shots 2 --cache cache --map "
              "map.svg");
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::string map = read_all(folder_ / "map.svg");
  expect_markup(map, "map.svg");
  EXPECT_THAT(map, HasSubstr("$(touch CANARY)"));
  EXPECT_THAT(map, HasSubstr("&lt;script&gt;|%s%n"));
}

// ---- studies

TEST_F(Hostile, StudiesAreRefusedOrPlannedAndNothingOfTheirNamesRuns) {
  int planned = 0, refused = 0;
  for (int round = 0; round < 30; ++round) {
    std::string task = folder_name(names_), study = folder_name(names_);
    if (round % 2 == 0) {  // names that can be shown
      task = base::printable_line(task).substr(0, 120);
      study = base::printable_line(study).substr(0, 120);
    }
    fs::copy_file(kConfigs + "/tasks/mini/upstream/find_letter.jsonl", folder_ / (task + ".jsonl"),
                  fs::copy_options::overwrite_existing);
    std::ofstream(folder_ / (study + ".yaml"))
        << "question: " << json(names_.next()).dump(-1, ' ', false, json::error_handler_t::replace)
        << "\nuses: {model: mini, library: mini}\nset: {method: zero_shot, max_tokens: 2, task: "
        << json("./" + task + ".jsonl").dump(-1, ' ', false, json::error_handler_t::replace)
        << "}\n";
    const std::string file = base::shell_word("./" + study + ".yaml");
    const Ended plan = lorahub("plan " + file);
    EXPECT_TRUE(plan.code == 0 || std::count(plan.err.begin(), plan.err.end(), '\n') == 1)
        << plan.err;
    plan.code == 0 ? ++planned : ++refused;
    EXPECT_EQ(lorahub("plan " + file + " --json").code, plan.code);
    const Ended script = lorahub("submit " + file + " --dry-run");
    EXPECT_EQ(script.code, plan.code) << script.err;
    std::ofstream(folder_ / "script.sh") << script.out;
    EXPECT_EQ(run_command("bash -n " + quoted(folder_ / "script.sh")).code, 0) << script.out;
    for (const std::string& line : base::split(script.out, '\n'))
      EXPECT_TRUE(line.find("touch") == line.npos || line.starts_with("#") ||
                  line.find('\'') != line.npos)
          << line;
  }
  EXPECT_GT(planned, 2);
  EXPECT_GT(refused, 2);
}

}  // namespace
}  // namespace lorahub
