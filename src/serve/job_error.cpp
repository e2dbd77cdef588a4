#include "serve/job_error.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fault.hpp"
#include "base/text.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTellTheAdmin = "ask for it again later, or tell whoever runs the service";

// What the job needs and the service has lost; "": nothing.
std::string lost(const ServiceJob& job, const Catalog& catalog, const JobFolder& files) {
  std::error_code error;
  if (!fs::is_directory(files.path(), error))
    return "The files of the job are gone from the service's disk (with them what it had found), "
           "ask for it again.";
  const auto input = nlohmann::json::parse(job.input, nullptr, false);
  if (!input.is_object()) return "";
  const std::string adaptation = input.value("job", "");
  if (!adaptation.empty() &&
      !fs::is_directory(JobFolder(files.path().parent_path() / adaptation).adapter(), error))
    return base::format(
        "The adaptation '{}' is not there any more (its adapter was to answer), ask for it again.",
        adaptation);
  if (const std::string model = input.value("model", ""); !catalog.has_model(model))
    return base::format(
        "The service can't read its model '{}' any more (which was to compute the job), choose "
        "another one, or tell whoever runs the service.",
        model);
  if (const std::string library = input.value("library", ""); !catalog.has_modules(library))
    return base::format(
        "The service can't read its library '{}' any more (whose modules the job needs), choose "
        "another one, or tell whoever runs the service.",
        library);
  return "";
}

// What comes before the advice: problem (why it matters).
std::string problem_of(const std::string& sentence) {
  const size_t reason = sentence.find("), ");
  if (reason != std::string::npos) return sentence.substr(0, reason + 1);
  return sentence.substr(0, sentence.rfind(", "));
}

std::string worded(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const base::FileError& missing) {
    return base::format("{}, {}", missing.problem, kTellTheAdmin);
  } catch (...) {
    const base::Cause cause = base::cause_of(error);
    if (cause.blame == base::Blame::input) return for_clients(cause.sentence);
    return base::format("{}, {}", problem_of(cause.sentence), kTellTheAdmin);
  }
}

}  // namespace

std::string for_clients(const std::string& sentence) {
  for (const char* word : {" --", "the same command", "task.", "search."})
    if (sentence.find(word, problem_of(sentence).size()) != std::string::npos) {
      const bool is_long = sentence.find(", shorten it") != std::string::npos;
      return base::format("{}, {}, or tell whoever runs the service", problem_of(sentence),
                          is_long ? "shorten it" : "ask for less");
    }
  return sentence;
}

std::string job_error(const std::exception_ptr& error, const ServiceJob& job,
                      const Catalog& catalog, const JobFolder& files) {
  if (std::string sentence = lost(job, catalog, files); !sentence.empty()) return sentence;
  return without_folder(catalog.by_names(worded(error)), files.path());
}

}  // namespace lorahub::serve
