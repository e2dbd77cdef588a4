// Scenes of ranks that share work: its bits, its errors, its size and its cost.
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "formula_measure.hpp"
#include "ranks.hpp"
#include "run/messages/across.hpp"
#include "run/messages/measure_tile.hpp"
#include "run/messages/messages.hpp"

namespace lorahub::workers {
namespace {

using namespace std::chrono_literals;
using test::formula;
using test::measure;

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

const Handler kMeasure = [](const std::string& request) {
  return run::measure_tile(request, measure);
};

search::Measure of(const JobHandle& leader) {
  return run::across([&leader](const auto& requests) { return leader.call(requests); },
                     [](const search::Fault& fault) { expect(false, fault.cause); });
}

}  // namespace

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

int errors(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    const auto failing = [&](const std::string& request) {
      return message_of([&] { dispatcher.everyone(request); });
    };
    const std::string one = base::format("rank 1 on {}: no module of that name", base::host_name());
    expect(failing("1:error") == one, "a worker's error names rank and host");
    expect(failing("1:error 1:slow 2:error") == one, "the lowest rank speaks, even when slow");
    for (const char* what : {"1:exception", "1:int", "1:memory"}) try {
        dispatcher.everyone(what);
        expect(false, "what a rank can't do is thrown");
      } catch (const base::MachineFault& error) {
        expect(std::string(error.what())
                   .starts_with(base::format("rank 1 on {}: ", base::host_name())),
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
      expect(error.what() == base::format("rank 1 on {}: disk full", base::host_name()),
             error.what());
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
    expect(message == base::format("rank 1 on {}: no module of that name", base::host_name()),
           message);
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
    expect(what.find(base::format(" on {}: there is not enough memory", base::host_name())) !=
                   what.npos &&
               what.find("(tried 3 times)") != what.npos,
           what);
    return 75;
  }
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

}  // namespace lorahub::workers
