#include "store/result_file.hpp"

#include "base/check.hpp"
#include "store/handles.hpp"
#include "store/hdf5.hpp"
#include "store/isolated_process.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& problem) {
  base::fail(
      "{} is not a result file that can be read: {}; run the study again to rebuild it from its "
      "journal",
      file.string(), problem);
}

const std::filesystem::path& existing(const std::filesystem::path& path) {
  base::check(std::filesystem::exists(path),
              "no result file {} (it is written by 'lorahub run'), check the path", path.string());
  return path;
}

// Why it can't be used; "" when it can.
std::string fault(const SealedFile& content, const std::function<void(hid_t)>& use) {
  const Quiet quiet;
  try {
    const FileHandle handle = content.open();
    const std::string problem = digest_problem(content.seal, known_schema(handle));
    if (!problem.empty()) return problem;
    use(handle);
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

SealedFile::SealedFile(const std::filesystem::path& path)
    : file(existing(path)),
      seal(seal_of([this](size_t offset, size_t most) { return file.read(offset, most); })) {}

FileHandle SealedFile::open() const {
  base::check(file.size() > 0, "it is empty");
  return open_file(file.descriptor_path());
}

std::string digest_problem(Seal seal, int schema) {
  if (seal == Seal::broken)
    return "its bytes are not those that were written (its digest differs: it was damaged or "
           "changed since)";
  constexpr int kFirstWithDigest = 4;
  return seal == Seal::absent && schema >= kFirstWithDigest
             ? "its digest is missing (it was damaged or changed since it was written)"
             : "";
}

int known_schema(hid_t file) {
  const int schema = read_integer_attribute(file, "schema_version");
  base::check(kOldestSchema <= schema && schema <= newest_schema(),
              "its schema is {}, this program reads {} to {}", schema, kOldestSchema,
              newest_schema());
  return schema;
}

double reading_seconds(size_t bytes) { return 20 + 1e-6 * static_cast<double>(bytes); }

void with_result_file(const std::filesystem::path& file, const std::function<void(hid_t)>& use) {
  const SealedFile content(file);
  if (content.seal == Seal::broken) refuse(file, digest_problem(content.seal, newest_schema()));
  if (content.seal == Seal::absent) {
    const size_t size = content.file.size();
    const IsolatedResult tried = run_isolated({.seconds = reading_seconds(size), .bytes = size},
                                              [&] { return fault(content, use); });
    if (!tried.death.empty())
      refuse(file, base::format("it is damaged (reading it ended with {})", tried.death));
    if (!tried.text.empty()) refuse(file, tried.text);
  }
  const std::string problem = fault(content, use);
  content.file.check_unchanged();
  if (!problem.empty()) refuse(file, problem);
}

}  // namespace lorahub::store
