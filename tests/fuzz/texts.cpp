// Files that people write: task rows and studies; the journal; and a tokenizer's files.
#include <cstdlib>

#include "base/check.hpp"
#include "base/text.hpp"
#include "store/codec.hpp"
#include "store/journal.hpp"
#include "study/remarks.hpp"
#include "study/study.hpp"
#include "targets.hpp"
#include "task/row_reader.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::fuzz {
namespace {

// A line of a journal whose checksum fits, so that the fuzzer gets past it.
std::string with_framed_lines(const std::string& bytes) {
  const std::string whole = store::frame("{}");
  const size_t before = whole.find("{}"), frame = whole.size() - 3;  // without {} and line break
  std::string out;
  for (const std::string& line : base::split(bytes, '\n')) {
    const bool framed = line.starts_with("{\"crc\":\"") && line.size() >= frame;
    out += framed ? store::frame(std::string_view(line).substr(before, line.size() - frame))
                  : line + "\n";
  }
  if (!out.empty() && !bytes.ends_with('\n')) out.pop_back();
  return out;
}

// A model folder with this file alone, used for a text of pieces, tokens and what is neither.
void tokenizer(const std::string& file, const std::string& bytes) {
  const auto folder = scratch() / file;
  std::filesystem::create_directories(folder);
  put(folder / (file == "spiece" ? "spiece.model" : "tokenizer.json"), bytes);
  const text::UnigramTokenizer tokenizer(folder);
  const auto ids = tokenizer.encode(
      " ab</s>zorp zorp_\u2581a<extra_id_0>\u00bd e\u0301\t\u4e2d\U0001f600\xff{\r\n", 20);
  tokenizer.decode(ids);
}

// Both ways in: as a whole (shots) and row by row (lorahub infer).
void task_file(const std::string& name, const std::string& bytes) {
  const auto file = scratch() / name;
  put(file, bytes);
  try {
    task::RowReader stream(file);
    for (task::Row row; stream.next(row);) {
    }
  } catch (const base::Error&) {  // the other way says so, too
  }
  task::read_examples(file);
}

}  // namespace

void task(const std::string& bytes) {
  try {
    task_file("task.csv", bytes);
  } catch (const base::Error&) {  // most are JSON lines
  }
  task_file("task.jsonl", bytes);
}

void study(const std::string& bytes) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  const auto file = scratch() / "study.yaml";
  put(file, bytes);
  for (const study::Trial& trial : study::load(file).trials) study::id(trial);
}

// Each line is a word of --set; those after an empty line are words of --only.
void settings(const std::string& bytes) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  std::vector<study::Setting> set, only;
  std::vector<study::Setting>* list = &set;
  for (const std::string& word : base::split(bytes, '\n')) {
    const size_t equals = word.find('=');
    if (word.empty())
      list = &only;
    else if (equals == std::string::npos)
      base::fail("expected KEY=VALUE");
    else
      list->emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  const auto file = scratch() / "settings.yaml";
  put(file,
      "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
      "set: {task: E1_isa_letter}\nvary: {seed: [1, 2]}\n");
  std::vector<study::Trial> trials = study::load(file, set).trials;
  study::remarks(study::given_knobs(file, set), trials);
  if (!only.empty()) trials = study::only(trials, only);
  for (const study::Trial& trial : trials) study::label(trial);
}

void journal(const std::string& bytes) {
  const auto file = scratch() / "journal.ndj";
  put(file, with_framed_lines(bytes));
  const store::History history = store::read_journal(file);
  for (const auto& [id, record] : history.finished)
    store::decode(store::encode(store::Finish{.record = record, .told = {}}));
  for (const store::Damage& damage : history.damages)
    base::fail("{}:{}: a damaged line", file.string(), damage.line);
}

void tokenizer_json(const std::string& bytes) { tokenizer("tokenizer", bytes); }

void spiece(const std::string& bytes) { tokenizer("spiece", bytes); }

}  // namespace lorahub::fuzz
