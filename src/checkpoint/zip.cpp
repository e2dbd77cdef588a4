// PKWARE's APPNOTE.TXT: sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16
// (its end), 4.5.3 (zip64).
#include "checkpoint/zip.hpp"

#include <concepts>
#include <cstring>

#include "base/check.hpp"

namespace lorahub::checkpoint {
namespace {

constexpr size_t kEndSize = 22, kLocatorSize = 20, kEntrySize = 46, kLocalSize = 30;
constexpr uint64_t kIn64 = 0xFFFFFFFF;  // the value is in the zip64 record

class Archive {
 public:
  Archive(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  ZipMembers members() const {
    const Directory directory = find_directory();
    ZipMembers members;
    uint64_t at = directory.offset;
    for (uint64_t i = 0; i < directory.entries; ++i) {
      const Entry entry = read_entry(at);
      const bool fresh =
          members.emplace(entry.name, ZipMember{.bytes = data(entry), .crc = entry.crc}).second;
      base::check(fresh, "{}: holds {} twice (which one counts?), download it again", file_,
                  entry.name);
      at = entry.next;
    }
    return members;
  }

 private:
  struct Directory {
    uint64_t entries = 0, offset = 0;
  };
  struct Entry {
    std::string name;
    uint32_t crc = 0;
    uint64_t packed = 0, size = 0, local = 0;
    uint64_t next = 0;
  };

  [[noreturn]] void damaged() const {
    base::fail("{}: is a damaged zip archive (cut short, or its directory lies), download it again",
               file_);
  }

  template <std::unsigned_integral T>
  T number(uint64_t at) const {
    T value{};
    std::memcpy(&value, part(at, sizeof value).data(), sizeof value);
    return value;
  }

  std::string_view part(uint64_t at, uint64_t length) const {
    if (at > bytes_.size() || length > bytes_.size() - at) damaged();
    return bytes_.substr(at, length);
  }

  void expect(uint64_t at, std::string_view signature) const {
    if (part(at, signature.size()) != signature) damaged();
  }

  Directory find_directory() const {
    const size_t end = bytes_.rfind("PK\5\6");
    if (end == std::string_view::npos || bytes_.size() - end < kEndSize) damaged();
    const Directory small{.entries = number<uint16_t>(end + 10),
                          .offset = number<uint32_t>(end + 16)};
    if (small.entries != 0xFFFF && small.offset != kIn64 && number<uint32_t>(end + 12) != kIn64)
      return small;
    if (end < kLocatorSize) damaged();
    expect(end - kLocatorSize, "PK\6\7");
    const auto end64 = number<uint64_t>(end - kLocatorSize + 8);
    expect(end64, "PK\6\6");
    return {.entries = number<uint64_t>(end64 + 32), .offset = number<uint64_t>(end64 + 48)};
  }

  Entry read_entry(uint64_t at) const {
    expect(at, "PK\1\2");
    part(at, kEntrySize);
    const auto flags = number<uint16_t>(at + 8), method = number<uint16_t>(at + 10);
    const auto name_size = number<uint16_t>(at + 28), extra_size = number<uint16_t>(at + 30);
    const auto comment_size = number<uint16_t>(at + 32);
    Entry entry{.name = std::string(part(at + kEntrySize, name_size)),
                .crc = number<uint32_t>(at + 16),
                .packed = number<uint32_t>(at + 20),
                .size = number<uint32_t>(at + 24),
                .local = number<uint32_t>(at + 42),
                .next = at + kEntrySize + name_size + extra_size + comment_size};
    base::check(method == 0 && (flags & 1) == 0,
                "{}: its member {} is compressed or encrypted (tensors are read in place), "
                "save it again with torch.save",
                file_, entry.name);
    widen(entry, at + kEntrySize + name_size, extra_size);
    if (entry.packed != entry.size) damaged();
    return entry;
  }

  // Extra field 1 holds, in this order, those of the three that did not fit into 32 bits.
  void widen(Entry& entry, uint64_t at, uint64_t left) const {
    while (left >= 4) {
      const auto id = number<uint16_t>(at), size = number<uint16_t>(at + 2);
      at += 4, left -= 4;
      if (size > left) damaged();
      if (id == 1) {
        uint64_t from = at;
        for (uint64_t* value : {&entry.size, &entry.packed, &entry.local}) {
          if (*value != kIn64) continue;
          if (from + 8 > at + size) damaged();
          *value = number<uint64_t>(from);
          from += 8;
        }
      }
      at += size, left -= size;
    }
  }

  // The local header may have another extra field (padding for alignment) than the directory.
  std::string_view data(const Entry& entry) const {
    expect(entry.local, "PK\3\4");
    const auto name_size = number<uint16_t>(entry.local + 26);
    const auto extra_size = number<uint16_t>(entry.local + 28);
    if (part(entry.local + kLocalSize, name_size) != entry.name) damaged();
    return part(entry.local + kLocalSize + name_size + extra_size, entry.size);
  }

  std::string_view bytes_;
  const std::string& file_;
};

}  // namespace

ZipMembers zip_members(std::string_view archive, const std::string& file) {
  return Archive(archive, file).members();
}

}  // namespace lorahub::checkpoint
