#include "serve/job_folder.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/folder_size.hpp"
#include "base/nesting.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;

constexpr const char* kStateFile = "job.json";
const char* const kWords[] = {"starting", "processing", "succeeded", "failed", "canceled"};
const char* const kKindWords[] = {"adapt", "infer", "probe"};

}  // namespace

std::string name(JobStatus status) { return kWords[static_cast<size_t>(status)]; }

std::string name(JobKind kind) { return kKindWords[static_cast<size_t>(kind)]; }

JobKind job_kind(const std::string& name) {
  for (const JobKind kind : kJobKinds)
    if (name == serve::name(kind)) return kind;
  base::fail("'{}' is no kind of a job", name);
}

JobStatus job_status(const std::string& name) {
  for (int i = 0; i < 5; ++i)
    if (name == kWords[i]) return static_cast<JobStatus>(i);
  base::fail("'{}' is no state of a job", name);
}

void JobFolder::write(const ServiceJob& job) const {
  const json state{{"id", job.id},
                   {"number", job.number},
                   {"status", name(job.status)},
                   {"input", job.input},
                   {"kind", name(job.kind)},
                   {"owner", job.owner},
                   {"origin", job.origin},
                   {"webhook", job.webhook.url},
                   {"webhook_events", job.webhook.events},
                   {"webhook_told", job.webhook.is_told},
                   {"expected", job.expected},
                   {"cost", job.cost},
                   {"warnings", job.warnings},
                   {"created", job.created},
                   {"started", job.started},
                   {"completed", job.completed},
                   {"output", job.output},
                   {"error", job.error},
                   {"command", job.command},
                   {"seconds", job.seconds}};
  base::write_file(folder_ / kStateFile, state.dump(1, ' ', true, json::error_handler_t::replace));
}

std::optional<ServiceJob> JobFolder::read() const {
  const std::filesystem::path file = folder_ / kStateFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  try {
    const json state = json::parse(base::shallow_json(base::read_file(file)));
    return ServiceJob{.id = state.at("id"),
                      .number = state.at("number"),
                      .status = job_status(state.at("status")),
                      .input = state.at("input"),
                      .kind = job_kind(state.at("kind")),
                      .owner = state.at("owner"),
                      .origin = state.at("origin"),
                      .webhook = {.url = state.at("webhook"),
                                  .events = state.at("webhook_events"),
                                  .is_told = state.at("webhook_told")},
                      .expected = state.at("expected"),
                      .cost = state.at("cost"),
                      .warnings = state.value("warnings", std::vector<std::string>()),
                      .created = state.at("created"),
                      .started = state.at("started"),
                      .completed = state.at("completed"),
                      .output = state.at("output"),
                      .error = state.at("error"),
                      .command = state.at("command"),
                      .seconds = state.at("seconds"),
                      .bytes = bytes()};
  } catch (const json::exception&) {
    base::fail("{}: is damaged (the job can't go on), move its folder away", file.string());
  }
}

uint64_t JobFolder::bytes() const { return base::folder_size(folder_); }

}  // namespace lorahub::serve
