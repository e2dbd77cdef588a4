// Files that people write: task rows and studies; and the journal.
#include <cstdlib>

#include "base/check.hpp"
#include "base/text.hpp"
#include "store/codec.hpp"
#include "store/journal.hpp"
#include "study/study.hpp"
#include "targets.hpp"
#include "task/stream.hpp"

namespace lorahub::fuzz {
namespace {

// A line of a journal whose checksum fits, so that the fuzzer gets past it.
std::string with_checksums(const std::string& bytes) {
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

}  // namespace

// Both ways in: as a whole (shots) and row by row (lorahub infer).
void task(const std::string& bytes) {
  const auto file = scratch() / "task.jsonl";
  put(file, bytes);
  try {
    task::RowStream stream(file);
    for (task::Row row; stream.next(row);) {
    }
  } catch (const base::Error&) {  // the other way says so, too
  }
  task::read_examples(file);
}

void study(const std::string& bytes) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  const auto file = scratch() / "study.yaml";
  put(file, bytes);
  for (const study::Trial& trial : study::load(file).trials) study::id(trial);
}

void journal(const std::string& bytes) {
  const auto file = scratch() / "journal.ndj";
  put(file, with_checksums(bytes));
  const store::History history = store::read_journal(file);
  for (const auto& [id, record] : history.finished)
    store::decode(store::encode(store::Finish{.record = record, .told = {}}));
  for (const store::Damage& damage : history.damages)
    base::fail("{}:{}: a damaged line", file.string(), damage.line);
}

}  // namespace lorahub::fuzz
