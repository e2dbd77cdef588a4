#include "cluster/site.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>

#include "base/check.hpp"
#include "study/pieces.hpp"

namespace lorahub::cluster {
namespace {

using study::Value;

int whole_number(const std::string& text, int least, const std::string& what) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  base::check(error == std::errc() && end == text.data() + text.size() && number >= least,
              "{}: '{}' is not a whole number of at least {}, write for example {}", what, text,
              least, std::max(least, 4));
  return number;
}

std::vector<std::string> lines(const Value& value) {
  if (value.node.IsScalar()) return base::split(value.node.Scalar(), '\n');
  std::vector<std::string> list;
  for (const Value& item : study::items(value)) list.push_back(study::scalar(item));
  return list;
}

std::string launcher(const Value& value) {
  std::string text = study::scalar(value);
  const std::string first = base::split(text, ' ').front();
  if (text != "auto" && first != "srun" && first != "mpirun" && first != "mpiexec")
    study::fail_at(value,
                   "launcher '{}' is not known (it starts the ranks), write auto, srun --mpi=pmix "
                   "or mpirun",
                   text);
  return text;
}

using Reader = std::function<void(const Value&)>;

std::map<std::string, Reader> readers(Site& site) {
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
  Request& request = site.defaults;
  return {{"preamble", list(site.preamble)},
          {"launcher", [&site](const Value& value) { site.launcher = launcher(value); }},
          {"program", text(site.program)},
          {"partition", text(request.partition)},
          {"account", text(request.account)},
          {"time",
           [&request](const Value& value) {
             request.time = study::scalar(value);
             seconds(request.time, value.where());
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
  const study::Shelf shelf(study_folder);
  const auto file = shelf.find("cluster", name);
  base::check(file.has_value(),
              "--cluster {}: there is no configs/cluster/{}.yaml (known: {}), write one after "
              "configs/cluster/example.yaml",
              name, name, base::join(shelf.names("cluster"), ", "));
  const auto known = readers(site);
  std::vector<std::string> keys;
  for (const auto& [key, reader] : known) keys.push_back(key);
  for (const auto& [key, value] : study::entries(study::read_document(*file, "cluster"))) {
    const auto reader = known.find(key);
    if (reader == known.end())
      study::fail_at(value, "unknown key '{}' (known: {}), did you mean '{}'?", key,
                     base::join(keys, ", "), base::nearest(key, keys));
    reader->second(value);
  }
  return site;
}

Request resolved(const Request& asked, const Site& site) {
  Request request = asked;
  const Request& usual = site.defaults;
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

int seconds(const std::string& time, const std::string& what) {
  if (time == "infinite" || time == "UNLIMITED") return std::numeric_limits<int>::max();
  const auto dash = time.find('-');
  const bool has_days = dash != std::string::npos;
  std::vector<int> parts;  // after the days
  for (const std::string& part : base::split(has_days ? time.substr(dash + 1) : time, ':')) {
    int number = -1;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size()) number = -1;
    parts.push_back(number);
  }
  const bool shape = !parts.empty() && parts.size() <= 3 && std::ranges::min(parts) >= 0;
  const std::string days = has_days ? time.substr(0, dash) : "0";
  base::check(shape && !days.empty() && days.find_first_not_of("0123456789") == std::string::npos &&
                  days.size() < 5,
              "{}: '{}' is not a time limit of Slurm, write minutes, hours:minutes:seconds or "
              "days-hours:minutes:seconds, such as 04:00:00",
              what, time);
  // minutes, minutes:seconds, hours:minutes:seconds; after days hours[:minutes[:seconds]]
  if (!has_days && parts.size() == 1) parts = {0, parts[0], 0};
  if (!has_days && parts.size() == 2) parts.insert(parts.begin(), 0);
  parts.resize(3);
  const int64_t total =
      std::stoll(days) * 86400 + int64_t{parts[0]} * 3600 + int64_t{parts[1]} * 60 + parts[2];
  return static_cast<int>(std::min<int64_t>(total, std::numeric_limits<int>::max()));
}

}  // namespace lorahub::cluster
