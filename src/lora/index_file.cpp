#include "lora/index_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/crc32.hpp"
#include "base/descriptor.hpp"
#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/file_copy.hpp"
#include "base/files.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

// A line is ["HHHHHHHHDDDDDDDD",BYTES,"NAME","STAMP","TASK",READABLE,{DETAILS}]: H is the checksum
// of what stands between it and the details, D that of the details, which have BYTES bytes. Without
// a stamp it says that there is no such module any more.
constexpr std::string_view kFirstLine = "{\"lorahub_index\":4}\n", kBegin = "[\"", kEnd = "]\n";
constexpr size_t kDigits = 8;  // of a checksum
constexpr size_t kHeadBegins = kBegin.size() + 2 * kDigits;

// Texts one after another.
class Copies {
 public:
  explicit Copies(size_t most) : buffer_(most) {}
  std::string_view of(std::string_view text) {
    char* const copy = buffer_.data() + used_;
    text.copy(copy, text.size());
    used_ += text.size();
    return {copy, text.size()};
  }

 private:
  base::LargeBuffer buffer_;
  size_t used_ = 0;
};

// What the lines look into.
struct IndexText {
  std::string made;                    // of one line
  std::optional<base::FileCopy> file;  // not mapped: others may cut the file short at any time
  std::deque<std::string> decoded;     // strings that are escaped in the file
  // Copies of the file's heads side by side, and of their names, which passes over all modules
  // read: they would else fetch each line from far-off memory.
  std::optional<Copies> names, others;
};

// Takes one line apart. Any step on bytes that are no such line makes it fail, and stay so.
class LineReader {
 public:
  LineReader(std::string_view rest, IndexText& text) : rest_(rest), text_(text) {}
  bool failed() const { return failed_; }
  size_t at() const { return at_; }
  void literal(std::string_view expected) {
    if (rest_.substr(std::min(at_, rest_.size()), expected.size()) != expected) failed_ = true;
    at_ += expected.size();
  }
  template <class T>
  T number(int base) {
    T value{};
    const size_t begin = std::min(at_, rest_.size());
    const auto [end, error] =
        std::from_chars(rest_.data() + begin, rest_.data() + rest_.size(), value, base);
    failed_ = failed_ || error != std::errc{};
    at_ = static_cast<size_t>(end - rest_.data());
    return value;
  }
  std::string_view string() {
    literal("\"");
    const size_t begin = at_;
    while (!failed_) {
      const size_t end = rest_.find('"', at_);
      failed_ = end == std::string_view::npos;
      if (failed_ || !ends_escaped(rest_.substr(begin, end - begin))) {
        at_ = end + 1;
        break;
      }
      at_ = end + 1;
    }
    if (failed_) return {};
    const std::string_view text = rest_.substr(begin, at_ - 1 - begin);
    return text.find('\\') == std::string_view::npos
               ? text
               : decoded(rest_.substr(begin - 1, at_ - begin + 1));
  }
  std::string_view bytes(size_t count) {
    if (failed_ || count > rest_.size() - std::min(at_, rest_.size())) {
      failed_ = true;
      return {};
    }
    at_ += count;
    return rest_.substr(at_ - count, count);
  }

 private:
  static bool ends_escaped(std::string_view text) {
    const size_t last = text.find_last_not_of('\\');
    return (text.size() - 1 - last) % 2 != 0;  // npos is -1
  }
  std::string_view decoded(std::string_view quoted) {
    const auto value = nlohmann::json::parse(quoted, nullptr, false);
    failed_ = failed_ || !value.is_string();
    return failed_ ? std::string_view{} : text_.decoded.emplace_back(value.get<std::string>());
  }
  std::string_view rest_;
  IndexText& text_;
  size_t at_ = 0;
  bool failed_ = false;
};

bool has_checksum(std::string_view bytes, std::string_view digits) {
  uint32_t sum = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sum, 16);
  return error == std::errc{} && end == digits.data() + digits.size() && sum == base::crc32(bytes);
}

// The line at the begin of `rest`; nullopt for a damaged one.
std::optional<IndexLine> first_line(std::string_view rest, const std::shared_ptr<IndexText>& text) {
  LineReader reader(rest, *text);
  reader.literal(kBegin);
  const std::string_view sums = reader.bytes(2 * kDigits);
  reader.literal("\",");
  const auto bytes = reader.number<size_t>(10);
  IndexLine line;
  for (std::string_view* field : {&line.name, &line.stamp, &line.task}) {
    reader.literal(",");
    *field = reader.string();
  }
  line.is_readable = rest.substr(std::min(reader.at(), rest.size())).starts_with(",true,");
  reader.literal(line.is_readable ? ",true," : ",false,");
  const size_t head_ends = reader.at();
  line.details = reader.bytes(bytes);
  reader.literal(kEnd);
  if (reader.failed()) return std::nullopt;
  line.whole = rest.substr(0, reader.at());
  const std::string_view head = rest.substr(kHeadBegins, head_ends - kHeadBegins);
  if (!has_checksum(head, sums.substr(0, kDigits))) return std::nullopt;
  if (text->names) {
    line.name = text->names->of(line.name);
    line.stamp = text->others->of(line.stamp);
    line.task = text->others->of(line.task);
  }
  line.text = text;
  return line;
}

// Sorts by name, keeps the last of each, and leaves out what is gone. Lines are mostly in order.
void settle(IndexLines& index) {
  std::vector<IndexLine>& lines = index.lines;
  const auto tail = std::ranges::is_sorted_until(lines, {}, &IndexLine::name);
  index.loose += static_cast<size_t>(lines.end() - tail);
  std::stable_sort(tail, lines.end(),
                   [](const auto& one, const auto& other) { return one.name < other.name; });
  std::ranges::inplace_merge(lines, tail, {}, &IndexLine::name);
  const size_t all = lines.size();
  size_t kept = 0;
  for (size_t i = 0; i < all; ++i) {
    const bool is_last = i + 1 == all || lines[i + 1].name != lines[i].name;
    if (!is_last || lines[i].stamp.empty()) continue;
    if (kept != i) lines[kept] = std::move(lines[i]);
    ++kept;
  }
  lines.resize(kept);
  index.loose += all - kept;
}

std::string line_text(const Indexed& entry, std::string_view details) {
  using nlohmann::json;
  const std::string head =
      base::format("\",{},{},{},{},{},", details.size(), base::json_text(json(entry.name)),
                   base::json_text(json(entry.stamp)), base::json_text(json(entry.card.task)),
                   entry.problem.empty());
  return base::format("{}{:08x}{:08x}{}{}{}", kBegin, base::crc32(head), base::crc32(details), head,
                      details, kEnd);
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// What has to stand before a new line: nothing, or the end of one that was torn. nullopt: the file
// is no index of this version.
std::optional<std::string> before_new_line(int file) {
  struct stat info {};
  std::string begin(kFirstLine.size(), '\0');
  char last = '\n';
  if (file < 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
      ::pread(file, begin.data(), begin.size(), 0) != static_cast<ssize_t>(begin.size()) ||
      begin != kFirstLine || ::pread(file, &last, 1, info.st_size - 1) != 1)
    return std::nullopt;
  return last == '\n' ? "" : "\n";
}

}  // namespace

IndexLine line_of(const Indexed& entry) {
  const auto text = std::make_shared<IndexText>();
  text->made = line_text(entry, json_of(entry));
  std::optional<IndexLine> line = first_line(text->made, text);
  if (line->name != entry.name) line->name = text->decoded.emplace_back(entry.name);  // no UTF-8
  return *line;
}

std::optional<Indexed> entry_of(const IndexLine& line) {
  const std::string_view sum = line.whole.substr(kBegin.size() + kDigits, kDigits);
  if (!has_checksum(line.details, sum)) return std::nullopt;
  try {
    Indexed entry = indexed_of(std::string(line.details));
    entry.name = line.name;
    entry.stamp = line.stamp;
    return entry;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

IndexLines read_lines(const fs::path& file) {
  IndexLines index;
  std::error_code unreadable;
  if (!fs::is_regular_file(file, unreadable)) return index;
  const auto text = std::make_shared<IndexText>();
  std::string_view rest = text->file.emplace(file).bytes();
  index.is_current = rest.starts_with(kFirstLine);
  if (!index.is_current) return index;
  rest.remove_prefix(kFirstLine.size());
  text->names.emplace(rest.size());
  text->others.emplace(rest.size());
  while (!rest.empty()) {
    if (std::optional<IndexLine> line = first_line(rest, text)) {
      if (index.lines.empty()) index.lines.reserve(rest.size() / line->whole.size() + 1);
      rest.remove_prefix(line->whole.size());
      index.lines.push_back(std::move(*line));
    } else {
      rest.remove_prefix(std::min(rest.size(), rest.find('\n')));
      rest.remove_prefix(std::min<size_t>(rest.size(), 1));
      ++index.loose;
    }
  }
  settle(index);
  return index;
}

void write_lines(const fs::path& file, const std::vector<IndexLine>& lines) {
  try {
    base::FileWriter writer(file);
    std::string text(kFirstLine);
    for (const IndexLine& line : lines) text += line.whole;
    writer.write(text);
    writer.put_in_place();
  } catch (const base::Error&) {        // it may only be read
  } catch (const base::Interrupted&) {  // the disk is full
  }
}

void append_lines(const fs::path& file, const std::vector<IndexLine>& lines,
                  const std::vector<std::string>& gone) {
  const base::Descriptor opened(::open(file.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK));
  const std::optional<std::string> before = before_new_line(opened);
  if (!before) return write_lines(file, lines);
  std::string text = *before;
  for (const IndexLine& line : lines) text += line.whole;
  for (const std::string& name : gone) text += line_text({.name = name}, "{}");
  write_all(opened, text);
}

}  // namespace lorahub::lora
