#include "ranks.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/fault.hpp"
#include "base/signals.hpp"

namespace lorahub::workers {

using namespace std::chrono_literals;

void expect(bool ok, const std::string& what) {
  if (ok) return;
  std::fprintf(stderr, "ranks: not so: %s\n", what.c_str());
  std::_Exit(1);
}

std::string fail_as_told(const World& group, const std::string& request) {
  const auto told = [&](const char* how) {
    return request.find(base::format("{}:{}", group.rank(), how)) != std::string::npos;
  };
  if (told("slow")) std::this_thread::sleep_for(50ms);
  if (told("error")) base::fail("no module of that name");
  if (told("exception")) throw std::out_of_range("off by one");
  if (told("interrupted")) throw base::Interrupted("disk full");
  if (told("int")) throw 7;
  if (told("memory")) throw std::bad_alloc();
  if (told("hang")) std::this_thread::sleep_for(1000s);
  return base::format("{}", group.rank());
}

namespace {

using Scene = int (*)(World& group, const std::string& folder);

const std::map<std::string, Scene> kScenes = {{"same_bits", same_bits},
                                              {"errors", errors},
                                              {"failing_jobs", failing_jobs},
                                              {"sick_rank", sick_rank},
                                              {"sick_ranks", sick_ranks},
                                              {"hung_worker", hung_worker},
                                              {"hung_coordinator", hung_coordinator},
                                              {"hung_lead", hung_lead},
                                              {"hung_preparation", hung_preparation},
                                              {"loop_fails", loop_fails},
                                              {"loops_fail", loops_fail},
                                              {"loop_crashes", loop_crashes},
                                              {"loop_without_files", loop_without_files},
                                              {"loop_with_a_bug", loop_with_a_bug},
                                              {"loop_hangs", loop_hangs},
                                              {"loops_hang", loops_hang},
                                              {"large", large},
                                              {"grace", grace},
                                              {"long_forward", long_forward},
                                              {"stopped_worker", stopped_worker},
                                              {"stopped_coordinator", stopped_coordinator},
                                              {"idle", idle},
                                              {"start_that_fails", idle},
                                              {"early_leavers", early_leavers},
                                              {"work", work}};

}  // namespace
}  // namespace lorahub::workers

int main(int argc, char** argv) {
  using namespace lorahub::workers;
  lorahub::base::block_signals();
  const Session session;
  World group;
  expect(argc >= 3 && kScenes.count(argv[1]) == 1, "usage: ranks SCENE R [FOLDER]");
  expect(group.size() == std::atoi(argv[2]), "started with that many ranks");
  return kScenes.at(argv[1])(group, argc > 3 ? argv[3] : ".");
}
