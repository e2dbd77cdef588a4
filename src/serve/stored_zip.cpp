#include "serve/stored_zip.hpp"

#include <cstdint>

#include "base/check.hpp"
#include "base/crc32.hpp"

namespace lorahub::serve {
namespace {

// Numbers of the format (APPNOTE.TXT 6.3), little-endian.
constexpr uint32_t kFile = 0x04034b50, kEntry = 0x02014b50, kEnd = 0x06054b50;
constexpr uint16_t kVersion = 20, kUtf8 = 0x0800, kStored = 0;
constexpr uint16_t kMidnight = 0, kFirstDay = (1 << 5) | 1;  // 1 January 1980
constexpr size_t kMost = size_t{1} << 32;

void put16(std::string& text, uint64_t value) {
  text += static_cast<char>(value & 0xff);
  text += static_cast<char>((value >> 8) & 0xff);
}

void put32(std::string& text, uint64_t value) {
  put16(text, value & 0xffff);
  put16(text, (value >> 16) & 0xffff);
}

// What the local header and the central directory say alike.
void put_facts(std::string& text, const std::string& name, std::string_view content) {
  put16(text, kVersion);
  put16(text, kUtf8);
  put16(text, kStored);
  put16(text, kMidnight);
  put16(text, kFirstDay);
  put32(text, base::crc32(content));
  put32(text, content.size());
  put32(text, content.size());
  put16(text, name.size());
  put16(text, 0);  // bytes of extra fields
}

void put_entry(std::string& directory, const std::string& name, std::string_view content,
               size_t place) {
  put32(directory, kEntry);
  put16(directory, kVersion);
  put_facts(directory, name, content);
  for (int i = 0; i < 3; ++i) put16(directory, 0);  // comment, disk, kind of content
  put32(directory, 0);                              // permissions
  put32(directory, place);
  directory += name;
}

}  // namespace

std::string stored_zip(const std::vector<std::pair<std::string, std::string_view>>& files) {
  std::string archive, directory;
  for (const auto& [name, content] : files) {
    put_entry(directory, name, content, archive.size());
    put32(archive, kFile);
    put_facts(archive, name, content);
    archive += name;
    archive += content;
  }
  base::check(archive.size() + directory.size() < kMost,
              "the files are too large for one archive, fetch them one by one");
  const size_t place = archive.size();
  archive += directory;
  put32(archive, kEnd);
  put32(archive, 0);  // disks
  put16(archive, files.size());
  put16(archive, files.size());
  put32(archive, directory.size());
  put32(archive, place);
  put16(archive, 0);  // bytes of a comment
  return archive;
}

}  // namespace lorahub::serve
