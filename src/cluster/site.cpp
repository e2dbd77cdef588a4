#include "cluster/site.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/check.hpp"
#include "base/number.hpp"
#include "cluster/scheduler.hpp"
#include "study/pieces.hpp"

namespace lorahub::cluster {
namespace {

using study::Value;

int whole_number(const std::string& text, int least, const std::string& what) {
  const std::optional<int> number = base::number<int>(text);
  base::check(number && *number >= least,
              "{}: '{}' is not a whole number of at least {}, write for example {}", what, text,
              least, std::max(least, 4));
  return *number;
}

std::vector<std::string> lines(const Value& value) {
  if (value.node.IsScalar()) return base::split(value.node.Scalar(), '\n');
  std::vector<std::string> list;
  for (const Value& item : study::items(value)) list.push_back(study::scalar(item));
  return list;
}

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

// mpirun is allowed everywhere, and besides it the launcher of the batch system itself.
std::string launcher(const Value& value, const Scheduler& scheduler) {
  std::string text = study::scalar(value);
  const std::string first = first_word(text);
  const std::string& native = scheduler.native_launcher;
  const bool is_native = !native.empty() && first == first_word(native);
  if (text != "auto" && !is_native && first != "mpirun" && first != "mpiexec")
    study::fail_at(value,
                   "launcher '{}' is not known (it starts the ranks), write auto{} or mpirun", text,
                   native.empty() ? "" : ", " + native);
  return text;
}

// The scheduler is read before the other keys, since it checks their values.
Scheduler scheduler_of(const std::vector<study::Entry>& entries) {
  std::string word;
  for (const auto& [key, value] : entries)
    if (key == "scheduler" && !find_scheduler(word = study::scalar(value)))
      study::fail_at(value, "scheduler '{}' is not known (it runs the jobs), write {}", word,
                     base::join(listed(&Scheduler::word), " or "));
  return *find_scheduler(word);
}

using SiteReader = std::function<void(const Value&)>;

std::map<std::string, SiteReader> readers(Site& site, const Scheduler& scheduler) {
  const auto text = [](std::string& field) {
    return [&field](const Value& value) { field = study::scalar(value); };
  };
  const auto number = [](int& field, int least) {
    return [&field, least](const Value& value) {
      field = whole_number(study::scalar(value), least, value.where());
    };
  };
  const auto list = [](std::vector<std::string>& field) {
    return [&field](const Value& value) { field = lines(value); };
  };
  JobRequest& request = site.defaults;
  return {{"scheduler", text(site.scheduler)},
          {"preamble", list(site.preamble)},
          {"launcher",
           [&site, &scheduler](const Value& value) { site.launcher = launcher(value, scheduler); }},
          {"program", text(site.program)},
          {"partition", text(request.partition)},
          {"account", text(request.account)},
          {"time",
           [&request, &scheduler](const Value& value) {
             request.time = study::scalar(value);
             scheduler.seconds(request.time, value.where());
           }},
          {"nodes", number(request.nodes, 1)},
          {"ranks", number(request.ranks, 1)},
          {"gpus", number(request.gpus, 0)},
          {"options", list(request.options)},
          {"restarts", number(site.restarts, 0)},
          {"requeues", number(site.requeues, 0)},
          {"warning", number(site.warning, 1)}};
}

}  // namespace

Site read_site(const std::string& name, const std::filesystem::path& study_folder) {
  Site site;
  if (name.empty()) return site;
  const study::ConfigPath config_path(study_folder);
  const auto file = config_path.find("cluster", name);
  base::check(file.has_value(),
              "--cluster {}: there is no configs/cluster/{}.yaml (known: {}), write one after "
              "configs/cluster/example.yaml",
              name, name, base::join(config_path.names("cluster"), ", "));
  const auto entries = study::entries(study::read_document(
      *file,
      {.name = "cluster", .line = "partition: ...", .examples = "configs/cluster/example.yaml"}));
  const Scheduler scheduler = scheduler_of(entries);
  const auto known = readers(site, scheduler);
  std::vector<std::string> keys;
  for (const auto& [key, reader] : known) keys.push_back(key);
  for (const auto& [key, value] : entries) {
    const auto reader = known.find(key);
    if (reader == known.end())
      study::fail_at(value, "unknown key '{}' (known: {}){}", key, base::join(keys, ", "),
                     base::did_you_mean(key, keys));
    reader->second(value);
  }
  return site;
}

JobRequest resolved(const JobRequest& asked, const Site& site) {
  JobRequest request = asked;
  const JobRequest& usual = site.defaults;
  if (request.time.empty()) request.time = usual.time;
  if (request.partition.empty()) request.partition = usual.partition;
  if (request.account.empty()) request.account = usual.account;
  if (request.nodes == 0) request.nodes = usual.nodes;
  if (request.gpus == 0) request.gpus = usual.gpus;
  if (request.ranks == 0) request.ranks = asked.gpus > 0 ? asked.gpus : usual.ranks;
  if (request.ranks == 0) request.ranks = std::max({1, request.nodes, request.gpus});
  base::check(request.nodes <= request.ranks,
              "{} nodes for {} ranks (a node would stay empty), give at least as many ranks",
              request.nodes, request.ranks);
  return request;
}

}  // namespace lorahub::cluster
