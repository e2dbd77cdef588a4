#include "store/paths.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace lorahub::store {
namespace {

constexpr std::string_view kOf = "-of-";  // of a shard's place and count
constexpr std::string_view kLockExtension = ".lock";

bool is_number(std::string_view text) {
  constexpr size_t kMostDigits = 6;
  return !text.empty() && text.size() <= kMostDigits && text.front() != '0' &&
         text.find_first_not_of("0123456789") == text.npos;
}

std::string with_shard(std::string_view name, const std::string& shard) {
  return shard.empty() ? std::string(name) : base::format("{}-{}", name, shard);
}

}  // namespace

std::string shard_name(int place, int count) { return base::format("{}{}{}", place, kOf, count); }

std::string count_of(const std::string& shard) {
  const size_t at = shard.find(kOf);
  return at == std::string::npos ? "" : shard.substr(at + kOf.size());
}

std::string words_of(const std::string& shard) {
  return shard.empty() ? "one run without --shard" : base::format("shard {}", shard);
}

base::Path journal_file(const base::Path& folder, const std::string& shard) {
  return folder / base::format("{}{}", with_shard("journal", shard), kJournalExtension);
}

base::Path result_file(const base::Path& folder, const std::string& shard) {
  const base::Path whole = std::filesystem::absolute(folder / "x").lexically_normal().parent_path();
  return folder /
         base::format("{}{}", with_shard(whole.filename().string(), shard), kResultExtension);
}

std::optional<std::string> shard_of(const base::Path& journal) {
  const std::string name = journal.filename().string();
  if (name == journal_file("", "")) return "";
  constexpr std::string_view kBefore = "journal-";
  if (!name.starts_with(kBefore) || !name.ends_with(kJournalExtension)) return std::nullopt;
  std::string shard =
      name.substr(kBefore.size(), name.size() - kBefore.size() - kJournalExtension.size());
  const size_t at = shard.find(kOf);
  if (at == std::string::npos || !is_number(shard.substr(0, at)) || !is_number(count_of(shard)))
    return std::nullopt;
  return shard;
}

base::Path lock_file(const base::Path& journal) { return base::Path(journal) += kLockExtension; }

std::optional<base::Path> journal_of_lock(const base::Path& lock) {
  if (lock.extension() != kLockExtension) return std::nullopt;
  return lock.parent_path() / lock.stem();
}

base::Path begin_lock_file(const base::Path& folder) {
  return (folder.empty() ? "." : folder) / "begin.lock";
}

base::Path log_folder(const base::Path& folder) { return folder / "log"; }

base::Path log_file(const base::Path& log_folder, int rank) {
  return log_folder / base::format("rank{}.log", rank);
}

base::Path csv_folder(const base::Path& folder) { return folder / "csv"; }

std::string csv_name(std::string table) {
  std::ranges::replace(table, '/', '_');
  return table + std::string(kCsvExtension);
}

base::Path crate_file(const base::Path& folder) { return folder / "ro-crate-metadata.json"; }

bool is_temporary(const base::Path& file) { return file.extension() == base::kTemporaryExtension; }

base::Path set_aside(const base::Path& file, int process) {
  return base::format("{}.{}{}", file.string(), process, base::kTemporaryExtension);
}

std::string clock_pattern(const base::Path& folder) {
  return base::format("{}{}", (folder / ".now-XXXXXX").string(), base::kTemporaryExtension);
}

}  // namespace lorahub::store
