#include "cluster/slurm/site_words.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/check.hpp"
#include "base/number.hpp"
#include "base/process.hpp"

namespace lorahub::cluster::slurm {

std::string default_launcher() {
  const auto answer = base::run_program({"srun", "--mpi=list"});
  const bool pmix = answer && (answer->out + answer->err).find("pmix") != std::string::npos;
  return pmix ? std::string(kSrunWithPmix) : "mpirun";
}

int seconds(const std::string& time, const std::string& what) {
  if (time == "infinite" || time == "UNLIMITED") return std::numeric_limits<int>::max();
  const auto dash = time.find('-');
  const bool has_days = dash != std::string::npos;
  std::vector<int> parts;  // after the days
  for (const std::string& part : base::split(has_days ? time.substr(dash + 1) : time, ':')) {
    parts.push_back(base::number<int>(part).value_or(-1));
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

void check_options(const std::vector<std::string>& words) {
  base::check(words.empty() || words.front().starts_with('-'),
              "'{}' is not an option (the study is one file), write options for sbatch after --",
              words.empty() ? "" : words.front());
  for (const std::string& word : words)
    for (const std::string_view ours : {"--array", "--requeue", "--no-requeue", "--signal",
                                        "--open-mode", "--wrap", "--output", "--chdir"})
      base::check(word != ours && !word.starts_with(std::string(ours) + "="),
                  "{} after --: the script says that itself (it counts on it), leave it out", word);
}

}  // namespace lorahub::cluster::slurm
