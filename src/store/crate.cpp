#include "store/crate.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "store/hdf5.hpp"
#include "store/paths.hpp"

namespace lorahub::store {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson reference(const std::string& id) { return {{"@id", id}}; }

// A path relative to the crate, as a URI: RFC 3986's unreserved characters and / stay.
std::string uri(const std::filesystem::path& path) {
  std::string out;
  for (const char c : path.generic_string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (std::isalnum(byte) != 0 && byte < 128) ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : base::format("%{:02X}", byte);
  }
  return out;
}

std::string media_type(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  for (const auto& [known, type] : {std::pair(kResultExtension, "application/x-hdf5"),
                                    {kCsvExtension, "text/csv"},
                                    {kJournalExtension, "application/x-ndjson"},
                                    {".html", "text/html"},
                                    {".md", "text/markdown"},
                                    {".svg", "image/svg+xml"},
                                    {".yaml", "application/yaml"},
                                    {".json", "application/json"}})
    if (extension == known) return type;
  return "text/plain";
}

std::string description(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == kResultExtension) return "Results: trials, evaluations, answers, weights (HDF5)";
  if (extension == kJournalExtension) return "Journal: what happened, a record a line";
  if (extension == kCsvExtension)
    return "A table of the results; columns.csv says what the columns mean";
  if (extension == ".html" || extension == ".md") return "Report";
  if (extension == ".svg") return "Figure";
  return "Log";
}

OrderedJson file_entity(const std::filesystem::path& folder, const std::filesystem::path& file) {
  return {{"@id", uri(std::filesystem::relative(file, folder))},
          {"@type", "File"},
          {"name", file.filename().string()},
          {"description", description(file)},
          {"encodingFormat", media_type(file)},
          {"contentSize", std::to_string(std::filesystem::file_size(file))},
          {"sha256", base::sha256_file(file)}};
}

std::vector<std::filesystem::path> contents(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && !is_temporary(entry.path()) &&
        entry.path().filename() != crate_file(""))
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string crate_metadata(const std::filesystem::path& folder,
                           const std::vector<std::filesystem::path>& results,
                           const std::string& license) {
  const ResultFindings findings = read_findings(results.at(0));
  const auto known = [&](const char* key) {
    const auto found = findings.environment.find(key);
    return found == findings.environment.end() ? std::string("unknown") : found->second;
  };
  OrderedJson files = OrderedJson::array(), parts = OrderedJson::array(),
              made = OrderedJson::array();
  for (const auto& file : contents(folder)) {
    files.push_back(file_entity(folder, file));
    parts.push_back(reference(files.back()["@id"]));
  }
  for (const auto& file : results)
    made.push_back(reference(uri(std::filesystem::relative(file, folder))));
  const std::string licence = license.empty() ? "#licence" : license;
  OrderedJson graph = {
      {{"@id", crate_file("").string()},
       {"@type", "CreativeWork"},
       {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
       {"about", reference("./")}},
      {{"@id", "./"},
       {"@type", "Dataset"},
       {"name", "Results of the study " + findings.study},
       {"description", findings.question.empty() ? "Study " + findings.study : findings.question},
       {"datePublished", findings.created_utc},
       {"license", reference(licence)},
       {"hasPart", parts},
       {"mentions", reference("#run")}},
      {{"@id", licence},
       {"@type", "CreativeWork"},
       {"name", license.empty() ? "Licence not stated" : license}},
      {{"@id", "#lorahub"},
       {"@type", "SoftwareApplication"},
       {"name", "lorahub"},
       {"version", known("version") + ", commit " + known("commit")}},
      {{"@id", "#run"},
       {"@type", "CreateAction"},
       {"name", "lorahub run of " + findings.study},
       {"startTime", findings.created_utc},
       {"instrument", reference("#lorahub")},
       {"result", made}}};
  for (const OrderedJson& entity : files) graph.push_back(entity);
  const OrderedJson crate{{"@context", "https://w3id.org/ro/crate/1.1/context"}, {"@graph", graph}};
  return base::json_text(crate, 2) + "\n";
}

}  // namespace lorahub::store
