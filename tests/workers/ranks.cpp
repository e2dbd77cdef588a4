// What only several ranks can show: mpirun -np R ranks SCENE R [FOLDER]. See CMakeLists.txt beside
// it.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/signals.hpp"
#include "run/messages/across.hpp"
#include "run/messages/measure_tile.hpp"
#include "run/messages/messages.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {
namespace {
using namespace std::chrono_literals;

void expect(bool ok, const std::string& what) {
  if (ok) return;
  std::fprintf(stderr, "ranks: not so: %s\n", what.c_str());
  std::_Exit(1);
}

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

double formula(std::span<const double> weights, int example) {
  double sum = 0.1 * example;
  for (const double w : weights) sum = std::sin(sum * 3.7 + w) + w * w / (1.0 + example);
  return sum;
}

std::vector<std::vector<double>> measure(const search::Population& population,
                                         std::span<const search::Tile> tiles) {
  std::vector<std::vector<double>> sums;
  for (const search::Tile& tile : tiles) {
    std::vector<double>& of_tile = sums.emplace_back();
    for (int p = 0; p < tile.candidates; ++p) {
      for (int k = 0; k < tile.examples; ++k) {
        of_tile.push_back(
            formula(population.row(tile.first_candidate + p), tile.first_example + k));
      }
    }
  }
  return sums;
}

// 12 candidates of 20 weights, 7 examples, in tiles of 5 x 3. Every generation is made of the last
// one's losses, so a single wrong bit grows.
std::vector<uint64_t> search_with(const search::Measure& how, int generations) {
  std::vector<search::Tile> tiles;
  for (int p = 0; p < 12; p += 5) {
    for (int k = 0; k < 7; k += 3) tiles.push_back({p, std::min(5, 12 - p), k, std::min(3, 7 - k)});
  }
  search::Population population{.dim = 20, .weights = std::vector<double>(240, 0.1)};
  std::vector<uint64_t> trace;
  for (int generation = 0; generation < generations; ++generation) {
    const auto sums = how(population, tiles);
    size_t next = 0;
    for (const auto& of_tile : sums) {
      for (const double loss : of_tile) {
        trace.push_back(std::bit_cast<uint64_t>(loss));
        double& w = population.weights[next++ * 37 % 240];
        w = 1.5 * std::sin(7 * w + loss + static_cast<double>(next));
      }
    }
  }
  return trace;
}

using Scene = int (*)(World& group, const std::string& folder);

const Handler kMeasure = [](const std::string& request) {
  return run::measure_tile(request, measure);
};

search::Measure of(const JobHandle& leader) {
  return run::across([&leader](const auto& requests) { return leader.call(requests); },
                     [](const search::Fault& fault) { expect(false, fault.cause); });
}

// One job after the other, or several at a time; one or two threads a rank: the same bits.
int same_bits(World& group, const std::string&) {
  expect(group.ranks_on_node() == group.size() && group.rank_on_node() == group.rank(), "one node");
  return group.run({.threads = 1 + group.size() % 2}, kMeasure, [&](Dispatcher& dispatcher) {
    const auto alone = search_with(measure, 60);
    expect(alone.size() == 60 * 84, "84 sums a generation");
    for (const int groups : {1, 2, 3, 8}) {
      std::vector<Job> jobs;
      std::vector<std::vector<uint64_t>> traces(5);
      for (auto& trace : traces)
        jobs.push_back(
            {.size = {.cost = 1, .requests = 9 * 60, .width = 9},
             .join = "",
             .lead = [&](const JobHandle& leader) { trace = search_with(of(leader), 60); }});
      for (Job& job : jobs) job.join = base::encode(run::TileRequest{});
      dispatcher.work(jobs, groups);
      for (const auto& trace : traces)
        expect(trace == alone, base::format("{} groups have the bits of one rank", groups));
    }
    return 0;
  });
}

// Requests name a failure by rank: "2:error 3:exception".
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

int errors(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    const auto failing = [&](const std::string& request) {
      return message_of([&] { dispatcher.everyone(request); });
    };
    const std::string one = base::format("rank 1 on {}: no module of that name", host());
    expect(failing("1:error") == one, "a worker's error names rank and host");
    expect(failing("1:error 1:slow 2:error") == one, "the lowest rank speaks, even when slow");
    for (const char* what : {"1:exception", "1:int", "1:memory"}) try {
        dispatcher.everyone(what);
        expect(false, "what a rank can't do is thrown");
      } catch (const base::MachineFault& error) {
        expect(std::string(error.what()).starts_with(base::format("rank 1 on {}: ", host())),
               error.what());
      }
    const base::Stopwatch clock;
    expect(failing("0:error 1:error 1:slow") == "no module of that name",
           "the coordinator's own error comes as it is");
    expect(clock.seconds() >= 0.05, "after all replies");
    try {
      dispatcher.everyone("1:interrupted");
      expect(false, "an interruption of a worker interrupts");
    } catch (const base::Interrupted& error) {
      expect(error.what() == base::format("rank 1 on {}: disk full", host()), error.what());
    }
    const auto replies = dispatcher.everyone("all well");
    for (int rank = 0; rank < group.size(); ++rank)
      expect(replies[static_cast<size_t>(rank)] == std::to_string(rank), "all are in step");
    return 3;
  });
}

// A rank that cannot join a job fails it, not the run.
int failing_jobs(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    std::string message;
    size_t replies = 0;
    const auto join_fails = [&](const JobHandle& leader) {
      message = message_of([&] { leader.call(std::vector<std::string>(20, "1:slow 0:slow")); });
    };
    const auto all_well = [&](const JobHandle& leader) {
      for (const Outcome& o : leader.call(std::vector<std::string>(20, "")))
        replies += o.result == Result::reply ? 1 : 0;
    };
    dispatcher.work({{.size = {.width = 20}, .join = "1:error", .lead = join_fails},
                     {.size = {.width = 20}, .join = "", .lead = all_well}},
                    1);
    expect(message == base::format("rank 1 on {}: no module of that name", host()), message);
    expect(replies == 20, "the next job is done");
    return 0;
  });
}

// What a sick rank cannot do is done by another one: nobody notices.
int sick_rank(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    size_t replies = 0;
    const auto lead = [&](const JobHandle& leader) {
      for (const char* request : {"1:memory 0:slow", "1:exception 0:slow"})
        for (const Outcome& o : leader.call(std::vector<std::string>(20, request)))
          replies += o.result == Result::reply && o.bytes != "1" ? 1 : 0;
    };
    dispatcher.work({{.size = {.width = 20}, .join = "", .lead = lead}}, 1);
    expect(replies == 40, "all requests are answered, by other ranks");
    return 0;
  });
}

// What no rank can do ends the run, and names one of them.
int sick_ranks(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  try {
    return group.run({}, handler, [&](Dispatcher& dispatcher) {
      const auto lead = [&](const JobHandle& leader) {
        leader.call(std::vector<std::string>(20, "0:memory 1:memory 2:memory"));
      };
      dispatcher.work({{.size = {.width = 20}, .join = "", .lead = lead}}, 1);
      return 0;
    });
  } catch (const base::MachineFault& error) {
    const std::string what = error.what();
    expect(what.find(base::format(" on {}: there is not enough memory", host())) != what.npos &&
               what.find("(tried 3 times)") != what.npos,
           what);
    return 75;
  }
}

// A request that never ends, on a worker or on the coordinator itself, where the process ends at
// once.
int hang(World& group, const char* order) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  const Watch watch = [](const std::string&) { return Patience{.seconds = 2, .words = "busy"}; };
  try {
    return group.run({.watch = watch}, handler, [&](Dispatcher& dispatcher) {
      const auto lead = [&](const JobHandle& leader) {
        leader.call(std::vector<std::string>(9, order));
      };
      dispatcher.work({{.size = {.width = 9}, .join = "", .lead = lead}}, 1);
      return 0;
    });
  } catch (const base::MachineFault& error) {
    expect(
        std::string(error.what()).starts_with(base::format("rank 1 on {} has been busy", host())),
        error.what());
    return 75;
  }
}
int hung_worker(World& group, const std::string&) { return hang(group, "1:hang"); }
int hung_coordinator(World& group, const std::string&) { return hang(group, "0:hang"); }

// A lead that never comes back, as from a disk that hangs.
int hung_lead(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({.hang_timeout = 2}, handler, [&](Dispatcher& dispatcher) {
    dispatcher.work({{.size = {},
                      .join = "",
                      .lead = [](const JobHandle&) { std::this_thread::sleep_for(1000s); }}},
                    1);
    return 0;
  });
}

// A lead that hangs before any work, when nothing was asked of any rank.
int hung_preparation(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({.hang_timeout = 2}, handler, [&](Dispatcher& dispatcher) {
    dispatcher.note("reading");
    std::this_thread::sleep_for(1000s);
    return 0;
  });
}

int large(World& group, const std::string&) {
  // Every byte depends on its place and its rank; 40 MB go in several pieces.
  const auto bytes = [](size_t count, int salt) {
    std::string text(count, '\0');
    uint32_t x = 12345u + static_cast<uint32_t>(salt);
    for (char& c : text) c = static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
    return text;
  };
  const Handler handler = [&](const std::string& request) {
    const size_t count = request.size();
    expect(request == bytes(count, 99), "the request is whole");
    return bytes(count, group.rank());
  };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    for (const size_t count :
         {size_t{0}, size_t{1}, size_t{5000}, size_t{1} << 20, size_t{40'000'000}}) {
      const auto replies = dispatcher.everyone(bytes(count, 99));
      for (int rank = 0; rank < group.size(); ++rank)
        expect(replies[static_cast<size_t>(rank)] == bytes(count, rank),
               base::format("{} bytes of rank {}", count, rank));
    }
    return 0;
  });
}

// A forward of 3 s is no stall of 1 s.
int long_forward(World& group, const std::string&) {
  const Handler slow = [](const std::string&) {
    std::this_thread::sleep_for(3s);
    return std::string();
  };
  return group.run({.stall_timeout = 1}, slow, [](Dispatcher& dispatcher) {
    dispatcher.everyone("");
    return 0;
  });
}

// Rank 1, or the coordinator, is stopped: the others notice and end with 75.
int stop(World& group, int which) {
  const Handler handler = [&](const std::string&) {
    if (group.rank() == which) raise(SIGSTOP);
    return std::string();
  };
  return group.run({.stall_timeout = 3}, handler, [](Dispatcher& dispatcher) {
    dispatcher.everyone("");
    return 0;
  });
}
int stopped_worker(World& group, const std::string&) { return stop(group, 1); }
int stopped_coordinator(World& group, const std::string&) { return stop(group, 0); }

// A lax bound, since machines are noisy: a busy wait would be 1.
int idle(World& group, const std::string&) {
  const Handler processor_time = [&](const std::string& request) {
    if (request == "sleep" && group.rank() != 0) std::this_thread::sleep_for(2s);
    return base::format("{}", base::process_seconds());
  };
  return group.run({}, processor_time, [](Dispatcher& dispatcher) {
    const double before = base::process_seconds();
    dispatcher.everyone("sleep");
    const double coordinator = (base::process_seconds() - before) / 2;
    std::printf("waiting coordinator: %.1f %% of a core\n", 100 * coordinator);
    expect(coordinator < 0.25, "an idle coordinator is cheap");
    const auto first = dispatcher.everyone("");
    std::this_thread::sleep_for(2s);
    const auto second = dispatcher.everyone("");
    for (size_t rank = 1; rank < first.size(); ++rank) {
      const double share = (std::stod(second[rank]) - std::stod(first[rank])) / 2;
      std::printf("waiting rank %zu: %.1f %% of a core\n", rank, 100 * share);
      expect(share < 0.25, "an idle worker is cheap");
    }
    return 0;
  });
}

// A worker that never serves, and a coordinator whose lead throws.
int early_leavers(World& group, const std::string&) {
  const Handler handler = [](const std::string& request) { return request; };
  if (group.rank() == 1) return 2;
  try {
    return group.run({}, handler, [](Dispatcher& dispatcher) {
      dispatcher.everyone("");
      return 0;
    });
  } catch (const base::Error& error) {
    expect(error.what() == base::format("rank 1 on {}: left early, see its own message", host()),
           error.what());
    return 2;
  }
}

// The coordinator is interrupted; a request that looks for signals is waited for, on every rank.
int grace(World& group, const std::string&) {
  std::atomic<int> ended = 0;
  const Handler handler = [&](const std::string&) {
    while (base::pending_signal() == 0) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);  // writes its checkpoint
    ++ended;
    return std::string();
  };
  int code = 75;
  try {
    code = group.run({.grace = 30}, handler, [](Dispatcher& dispatcher) {
      const std::jthread signal([] {
        std::this_thread::sleep_for(300ms);
        kill(getpid(), SIGTERM);
      });
      dispatcher.everyone("");
      return 0;
    });
  } catch (const base::Interrupted&) {
  }
  expect(ended == 1, "its request has ended by itself");
  return code;
}

// Works until a signal comes; for interrupt.sh. Requests take longer than the 5 s that the run has.
int work(World& group, const std::string& folder) {
  std::ofstream(base::format("{}/pid.{}", folder, group.rank())) << getpid() << std::endl;
  const Handler handler = [](const std::string& request) {
    std::this_thread::sleep_for(request == "long" ? 20s : 100ms);
    return std::string();
  };
  const auto forever = [](const JobHandle& leader) {
    for (;;) leader.call(std::vector<std::string>(10, "short"));
  };
  const auto once = [](const JobHandle& leader) { leader.call({"long"}); };
  try {
    return group.run({.threads = 2}, handler, [&](Dispatcher& dispatcher) {
      dispatcher.work({{.size = {.cost = 2, .width = 9}, .join = "", .lead = once},
                       {.size = {.cost = 1, .width = 9}, .join = "", .lead = forever}},
                      2);
      return 0;
    });
  } catch (const base::Interrupted&) {
    return 75;
  }
}

const std::map<std::string, Scene> kScenes = {{"same_bits", same_bits},
                                              {"errors", errors},
                                              {"failing_jobs", failing_jobs},
                                              {"sick_rank", sick_rank},
                                              {"sick_ranks", sick_ranks},
                                              {"hung_worker", hung_worker},
                                              {"hung_coordinator", hung_coordinator},
                                              {"hung_lead", hung_lead},
                                              {"hung_preparation", hung_preparation},
                                              {"large", large},
                                              {"grace", grace},
                                              {"long_forward", long_forward},
                                              {"stopped_worker", stopped_worker},
                                              {"stopped_coordinator", stopped_coordinator},
                                              {"idle", idle},
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
