#include "base/file_kind.hpp"

#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace lorahub::base {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view begins_with;
  std::string_view kind;
};

// The longer mark stands before the shorter one that it begins with.
constexpr std::array kMagics = {
    Magic{"version https://git-lfs.github.com/spec/"sv,
          "a Git LFS pointer, not the file itself (run `git lfs pull` there)"},
    Magic{"\x1F\x8B"sv, "a gzip archive (unpack it with gunzip)"},
    Magic{"BZh"sv, "a bzip2 archive (unpack it with bunzip2)"},
    Magic{"\xFD"
          "7zXZ"sv,
          "an xz archive (unpack it with unxz)"},
    Magic{"\x28\xB5\x2F\xFD"sv, "a zstd archive (unpack it with unzstd)"},
    Magic{"PK\x03\x04"sv, "a zip archive (unpack it with unzip)"},
    Magic{"7z\xBC\xAF\x27\x1C"sv, "a 7z archive (unpack it with 7z)"},
    Magic{"PAR1"sv, "a Parquet table (save its rows as JSON lines)"},
    Magic{"ARROW1"sv, "an Arrow table (save its rows as JSON lines)"},
    Magic{"SQLite format 3"sv, "an SQLite database (save its rows as JSON lines)"},
    Magic{"%PDF-"sv, "a PDF document (save its text)"},
    Magic{"\xFF\xFE\x00\x00"sv, "UTF-32 text (save it as UTF-8)"},
    Magic{"\x00\x00\xFE\xFF"sv, "UTF-32 text (save it as UTF-8)"},
    Magic{"\xFF\xFE"sv, "UTF-16 text (save it as UTF-8)"},
    Magic{"\xFE\xFF"sv, "UTF-16 text (save it as UTF-8)"},
};

bool is_html(std::string_view content) {
  const std::string head = lower(strip(content.substr(0, 256)));
  return head.starts_with("<!doctype html") || head.starts_with("<html");
}

// UTF-16 without a byte order mark: ASCII letters with a zero byte beside each of the first few.
bool is_bare_utf16(std::string_view content) {
  constexpr size_t kPairs = 4;
  if (content.size() < 2 * kPairs) return false;
  for (const size_t zero : {size_t{0}, size_t{1}}) {
    bool all = true;
    for (size_t pair = 0; pair < kPairs; ++pair) {
      const char letter = content[2 * pair + 1 - zero];
      all = all && content[2 * pair + zero] == '\0' && letter >= '\t' && letter <= '~';
    }
    if (all) return true;
  }
  return false;
}

// Bytes of the UTF-8 character that begins `text`; 0 where none does.
size_t utf8_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                      : lead >= 0xE0 && lead < 0xF0 ? 3
                      : lead >= 0xF0 && lead < 0xF5 ? 4
                                                    : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool bad = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) >= 0xA0) ||
                   (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90);
  return bad ? 0 : size;
}

}  // namespace

std::optional<std::string> file_kind(std::string_view content) {
  if (content.empty()) return "an empty file";
  for (const Magic& magic : kMagics)
    if (content.starts_with(magic.begins_with)) return std::string(magic.kind);
  if (is_html(content)) return "an HTML page (the download gave a web page instead of the file)";
  if (is_bare_utf16(content)) return "UTF-16 text (save it as UTF-8)";
  constexpr size_t kZeros = 64;
  if (content.size() >= kZeros && content.substr(0, kZeros).find_first_not_of('\0') == content.npos)
    return "a file that begins with zero bytes (a copy that broke off)";
  return std::nullopt;
}

std::string seems_to_be(std::string_view content) {
  const auto kind = file_kind(content);
  return kind ? ": it seems to be " + *kind : std::string();
}

std::optional<size_t> first_not_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = utf8_size(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

}  // namespace lorahub::base
