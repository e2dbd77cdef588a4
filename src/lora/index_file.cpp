#include "lora/index_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <forward_list>
#include <memory_resource>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/crc32.hpp"
#include "base/descriptor.hpp"
#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "base/read_error.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

// A line that was made, or those of a file, which stays open: not mapped, since others may cut it
// short at any time.
class IndexText {
 public:
  explicit IndexText(std::string made) : made_(std::move(made)), names_(64), others_(256) {}
  explicit IndexText(int file) : file_(file), names_(kMany), others_(kMany) {}

  // "" where the file has no such part any more.
  std::string part(size_t begin, size_t bytes) const {
    if (file_ < 0) return made_.substr(begin, bytes);
    std::string read(bytes, '\0');
    const ssize_t got = ::pread(file_, read.data(), bytes, static_cast<off_t>(begin));
    return got == static_cast<ssize_t>(bytes) ? read : "";
  }
  std::string_view keep_name(std::string_view name) { return copy(name, names_); }
  std::string_view keep(std::string_view text) { return copy(text, others_); }

 private:
  static std::string_view copy(std::string_view text, std::pmr::memory_resource& into) {
    auto* const to = static_cast<char*>(into.allocate(text.size() + 1, 1));
    text.copy(to, text.size());
    return {to, text.size()};
  }
  static constexpr size_t kMany = size_t{1} << 20U;  // bytes; more follow as they are needed
  const std::string made_;
  const base::Descriptor file_{-1};
  // Names lie side by side, so that passes over all modules need not wait for far-off memory.
  std::pmr::monotonic_buffer_resource names_, others_;
};

namespace {

// A line is ["HHHHHHHHDDDDDDDD",BYTES,"NAME","STAMP","TASK",READABLE,{DETAILS}]: H is the checksum
// of what stands between it and the details, D that of the details, which have BYTES bytes. Without
// a stamp it says that there is no such module any more.
constexpr std::string_view kFirstLine = "{\"lorahub_index\":4}\n", kBegin = "[\"", kEnd = "]\n";
constexpr size_t kDigits = 8;  // of a checksum
constexpr size_t kHeadBegins = kBegin.size() + 2 * kDigits;

// Takes one line apart. Any step on bytes that are no such line makes it fail, and stay so.
class LineReader {
 public:
  explicit LineReader(std::string_view rest) : rest_(rest) {}
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
    return failed_ ? std::string_view{} : decoded_.emplace_front(value.get<std::string>());
  }
  std::string_view rest_;
  std::forward_list<std::string> decoded_;  // strings that are escaped in the line
  size_t at_ = 0;
  bool failed_ = false;
};

bool has_checksum(std::string_view bytes, std::string_view digits) {
  uint32_t sum = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sum, 16);
  return error == std::errc{} && end == digits.data() + digits.size() && sum == base::crc32(bytes);
}

// Views into the line, or into its reader.
struct LineParts {
  std::string_view head_sum, details_sum, head, name, stamp, task, details;
  bool is_readable = true;
};

// nullopt for what is no line as a whole, or has a damaged head.
std::optional<LineParts> take_apart(std::string_view line, LineReader& reader) {
  LineParts parts;
  reader.literal(kBegin);
  parts.head_sum = reader.bytes(kDigits);
  parts.details_sum = reader.bytes(kDigits);
  reader.literal("\",");
  const auto bytes = reader.number<size_t>(10);
  for (std::string_view* field : {&parts.name, &parts.stamp, &parts.task}) {
    reader.literal(",");
    *field = reader.string();
  }
  parts.is_readable = line.substr(std::min(reader.at(), line.size())).starts_with(",true,");
  reader.literal(parts.is_readable ? ",true," : ",false,");
  const size_t head_ends = reader.at();
  parts.details = reader.bytes(bytes);
  reader.literal(kEnd);
  if (reader.failed() || reader.at() != line.size()) return std::nullopt;
  parts.head = line.substr(kHeadBegins, head_ends - kHeadBegins);
  if (!has_checksum(parts.head, parts.head_sum)) return std::nullopt;
  return parts;
}

std::optional<IndexLine> kept_line(std::string_view line, size_t begin,
                                   const std::shared_ptr<IndexText>& text) {
  LineReader reader(line);
  const std::optional<LineParts> parts = take_apart(line, reader);
  if (!parts) return std::nullopt;
  return IndexLine{.name = text->keep_name(parts->name),
                   .stamp = text->keep(parts->stamp),
                   .task = text->keep(parts->task),
                   .is_readable = parts->is_readable,
                   .begin = begin,
                   .bytes = line.size(),
                   .text = text};
}

// The parts of a line that was kept; nullopt where others have changed what was there.
std::optional<LineParts> parts_of(const IndexLine& kept, std::string_view line,
                                  LineReader& reader) {
  const std::optional<LineParts> parts = take_apart(line, reader);
  return parts && parts->stamp == kept.stamp && parts->task == kept.task ? parts : std::nullopt;
}

// "" where it is no longer there.
std::string text_of(const IndexLine& kept) {
  std::string line = kept.text->part(kept.begin, kept.bytes);
  LineReader reader(line);
  return parts_of(kept, line, reader) ? line : "";
}

// The lines of a file, each with its end, which the last one may lack.
class FileLines {
 public:
  explicit FileLines(int file) : file_(::fdopen(::fcntl(file, F_DUPFD_CLOEXEC, 0), "r")) {}
  ~FileLines() {
    std::free(line_);
    if (file_ != nullptr) std::fclose(file_);
  }
  FileLines(const FileLines&) = delete;
  FileLines& operator=(const FileLines&) = delete;

  // nullopt behind the last, and where it can't be read on.
  std::optional<std::string_view> next() {
    if (file_ == nullptr) return std::nullopt;
    begin_ += bytes_;
    const ssize_t bytes = ::getline(&line_, &room_, file_);
    bytes_ = static_cast<size_t>(std::max<ssize_t>(bytes, 0));
    return bytes > 0 ? std::optional(std::string_view(line_, bytes_)) : std::nullopt;
  }
  size_t begin() const { return begin_; }  // of the line that was returned last
  bool failed() const { return file_ == nullptr || std::ferror(file_) != 0; }

 private:
  std::FILE* const file_;
  char* line_ = nullptr;
  size_t room_ = 0, begin_ = 0, bytes_ = 0;
};

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
  const std::string made = line_text(entry, json_of(entry));
  const auto text = std::make_shared<IndexText>(made);
  IndexLine line = *kept_line(made, 0, text);
  if (line.name != entry.name) line.name = text->keep_name(entry.name);  // no UTF-8
  return line;
}

std::optional<Indexed> entry_of(const IndexLine& kept) {
  const std::string line = kept.text->part(kept.begin, kept.bytes);
  LineReader reader(line);
  const std::optional<LineParts> parts = parts_of(kept, line, reader);
  if (!parts || !has_checksum(parts->details, parts->details_sum)) return std::nullopt;
  try {
    Indexed entry = indexed_of(std::string(parts->details));
    entry.name = kept.name;
    entry.stamp = kept.stamp;
    return entry;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

IndexLines read_lines(const fs::path& file) {
  IndexLines index;
  std::error_code unreadable;
  if (!fs::is_regular_file(file, unreadable)) return index;
  const auto failed = [&] {
    base::cannot_read(base::format("cannot read {}", file.string()), file, errno);
  };
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) failed();
  const auto text = std::make_shared<IndexText>(opened);
  struct stat info {};
  if (::fstat(opened, &info) != 0) failed();
  FileLines lines(opened);
  index.is_current = lines.next() == kFirstLine;
  if (index.is_current) {
    while (const std::optional<std::string_view> line = lines.next()) {
      std::optional<IndexLine> kept = kept_line(*line, lines.begin(), text);
      if (!kept) {
        ++index.loose;
        continue;
      }
      if (index.lines.empty())
        index.lines.reserve(static_cast<size_t>(info.st_size) / kept->bytes + 1);
      index.lines.push_back(std::move(*kept));
    }
  }
  if (lines.failed()) failed();
  settle(index);
  return index;
}

void write_lines(const fs::path& file, const std::vector<IndexLine>& lines) {
  try {
    base::FileWriter writer(file);
    std::string text(kFirstLine);
    for (const IndexLine& line : lines) text += text_of(line);
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
  for (const IndexLine& line : lines) text += text_of(line);
  for (const std::string& name : gone) text += line_text({.name = name}, "{}");
  write_all(opened, text);
}

}  // namespace lorahub::lora
