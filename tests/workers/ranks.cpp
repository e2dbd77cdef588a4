// What only several ranks can show: mpirun -np R ranks SCENE R [FOLDER]. See CMakeLists.txt beside
// it.
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/signals.hpp"
#include "workers/across.hpp"

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

using Scene = int (*)(Group& group, const std::string& folder);

int same_bits(Group& group, const std::string&) {
  const Handler handler = [&](const std::string& request) {
    return measure_share(request, measure, group);
  };
  expect(group.ranks_on_node() == group.size() && group.rank_on_node() == group.rank(), "one node");
  if (!group.is_coordinator()) return group.serve(handler);
  const Ask ask = [&](const std::string& request) { return group.call(request, handler); };
  const auto alone = search_with(measure, 200);
  expect(alone.size() == 200 * 84, "84 sums a generation");
  expect(search_with(across(ask), 200) == alone, "the ranks' losses have the bits of one rank's");
  group.dismiss();
  return 0;
}

// Requests name a failure by rank: "2:error 3:exception". Others count how often they were asked.
std::string fail_as_told(const Group& group, const std::string& request, int& asked) {
  ++asked;
  const auto told = [&](const char* how) {
    return request.find(base::format("{}:{}", group.rank(), how)) != std::string::npos;
  };
  if (told("slow")) std::this_thread::sleep_for(50ms);
  if (told("error")) base::fail("no module of that name");
  if (told("exception")) throw std::out_of_range("off by one");
  if (told("interrupted")) throw base::Interrupted("disk full");
  if (told("int")) throw 7;
  return base::format("{} {}", group.rank(), asked);
}

int errors(Group& group, const std::string&) {
  int asked = 0;
  const Handler handler = [&](const std::string& request) {
    return fail_as_told(group, request, asked);
  };
  if (!group.is_coordinator()) return group.serve(handler);
  const auto failing = [&](const std::string& request) {
    return message_of([&] { group.call(request, handler); });
  };
  const std::string one = base::format("rank 1 on {}: no module of that name", host());
  expect(failing("1:error") == one, "a worker's error names rank and host: " + failing("1:error"));
  expect(failing("1:error 1:slow 2:error") == one, "the lowest rank speaks, even when it is slow");
  expect(failing("1:exception") == base::format("rank 1 on {}: off by one", host()),
         "any exception is an error");
  expect(failing("1:int").find("unknown exception") != std::string::npos,
         "anything thrown is an error");
  const base::Stopwatch clock;
  expect(failing("0:error 1:error 1:slow") == "no module of that name",
         "the coordinator's own error comes as it is");
  expect(clock.seconds() >= 0.05, "after all replies");
  try {
    group.call("1:interrupted", handler);
    expect(false, "an interruption of a worker interrupts");
  } catch (const base::Interrupted& error) {
    expect(error.what() == base::format("rank 1 on {}: disk full", host()), error.what());
  }
  const auto replies = group.call("all well", handler);
  for (int rank = 0; rank < group.size(); ++rank) {
    // 8 calls in all: two for the first check, whose message is computed twice.
    expect(replies[static_cast<size_t>(rank)] == base::format("{} 8", rank),
           "all ranks are in step");
  }
  group.dismiss(3);
  return 3;
}

// After an unfinished call: its replies must not be taken for the next one's, and dismiss has to
// drain them.
int stale_replies(Group& group, const std::string&) {
  const Handler worker = [&](const std::string& request) {
    std::this_thread::sleep_for(30ms * group.rank());
    return request + std::string(100000, 'x');
  };
  if (!group.is_coordinator()) return group.serve(worker);
  const Handler interrupted = [](const std::string&) -> std::string {
    throw base::Interrupted("enough");
  };
  const auto cut_off = [&](const std::string& request) {
    try {
      group.call(request, interrupted);
      expect(false, "interrupted");
    } catch (const base::Interrupted&) {
    }
  };
  cut_off("old");
  cut_off("older");
  const auto replies = group.call("new", worker);
  for (const std::string& reply : replies)
    expect(reply.substr(0, 4) == "newx", "replies are of this call");
  cut_off("last");
  group.dismiss(75);
  return 75;
}

int large(Group& group, const std::string&) {
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
  if (!group.is_coordinator()) return group.serve(handler);
  for (const size_t count :
       {size_t{0}, size_t{1}, size_t{5000}, size_t{1} << 20, size_t{40'000'000}}) {
    const auto replies = group.call(bytes(count, 99), handler);
    for (int rank = 0; rank < group.size(); ++rank) {
      expect(replies[static_cast<size_t>(rank)] == bytes(count, rank),
             base::format("{} bytes of rank {}", count, rank));
    }
  }
  group.dismiss();
  return 0;
}

// A worker that is asleep must not keep the coordinator from its own share. A plain MPI_Send would.
int sleeping_worker(Group& group, const std::string&) {
  const Handler sleep = [](const std::string&) {
    std::this_thread::sleep_for(1s);
    return std::string();
  };
  if (!group.is_coordinator()) return group.serve(sleep);
  try {
    group.call("sleep",
               [](const std::string&) -> std::string { throw base::Interrupted("on with it"); });
  } catch (const base::Interrupted&) {
  }
  const base::Stopwatch clock;
  double begun = 0;
  group.call(std::string(1 << 20, 'x'), [&](const std::string&) {
    begun = clock.seconds();
    return std::string();
  });
  expect(begun < 0.5, base::format("own share begun after {} s", begun));
  expect(clock.seconds() > 1.5, "the worker slept twice");
  group.dismiss();
  return 0;
}

// A lax bound, since machines are noisy: a busy wait would be 1.
int idle(Group& group, const std::string&) {
  const Handler processor_time = [&](const std::string& request) {
    if (request == "sleep" && !group.is_coordinator()) std::this_thread::sleep_for(2s);
    return base::format("{}", base::process_seconds());
  };
  if (!group.is_coordinator()) return group.serve(processor_time);
  const double before = base::process_seconds();
  group.call("sleep", processor_time);
  const double coordinator = (base::process_seconds() - before) / 2;
  std::printf("waiting coordinator: %.1f %% of a core\n", 100 * coordinator);
  expect(coordinator < 0.25, "an idle coordinator is cheap");

  const auto first = group.call("", processor_time);
  std::this_thread::sleep_for(2s);
  const auto second = group.call("", processor_time);
  for (size_t rank = 1; rank < first.size(); ++rank) {
    const double share = (std::stod(second[rank]) - std::stod(first[rank])) / 2;
    std::printf("waiting rank %zu: %.1f %% of a core\n", rank, 100 * share);
    expect(share < 0.25, "an idle worker is cheap");
  }
  group.dismiss();
  return 0;
}

// A worker that never serves, and a coordinator that ends without a word.
int early_leavers(Group& group, const std::string&) {
  const Handler handler = [](const std::string& request) { return request; };
  if (group.rank() == 1) return 2;
  if (!group.is_coordinator()) {
    const int code = group.serve(handler);
    expect(code == 2, "an exception's code");
    return code;
  }
  const std::string message = message_of([&] { group.call("", handler); });
  expect(message == base::format("rank 1 on {}: left early, see its own message", host()), message);
  return 2;
}

// Works until a signal comes; for interrupt.sh.
int work(Group& group, const std::string& folder) {
  std::ofstream(base::format("{}/pid.{}", folder, group.rank())) << getpid() << std::endl;
  const Handler handler = [](const std::string&) {
    std::this_thread::sleep_for(100ms);
    return std::string();
  };
  int code = 0;
  if (group.is_coordinator()) {
    try {
      for (;;) group.call(std::string(10000, 'x'), handler);
    } catch (const base::Interrupted&) {
      code = 75;
    }
    group.dismiss(code);
  } else {
    code = group.serve(handler);
  }
  std::ofstream(base::format("{}/code.{}", folder, group.rank())) << code << std::endl;
  return code;
}

const std::map<std::string, Scene> kScenes = {{"same_bits", same_bits},
                                              {"errors", errors},
                                              {"stale_replies", stale_replies},
                                              {"large", large},
                                              {"sleeping_worker", sleeping_worker},
                                              {"idle", idle},
                                              {"early_leavers", early_leavers},
                                              {"work", work}};

}  // namespace
}  // namespace lorahub::workers

int main(int argc, char** argv) {
  using namespace lorahub::workers;
  lorahub::base::block_signals();
  const Session session;
  Group group;
  expect(argc >= 3 && kScenes.count(argv[1]) == 1, "usage: ranks SCENE R [FOLDER]");
  expect(group.size() == std::atoi(argv[2]), "started with that many ranks");
  return kScenes.at(argv[1])(group, argc > 3 ? argv[3] : ".");
}
