// Ranks on three virtual hosts, one of which is lost in the middle: noticed and named by the
// program itself, code 75 (137 where mpirun waits for the lost host); run again, the results are
// those of one undisturbed rank.
#include <gmock/gmock.h>
#include <sys/types.h>

#include "cluster/outcome.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;

class Hosts : public testing::Test {
 protected:
  void SetUp() override {
    const Ended up = run_command(SOURCE_DIR "/tests/cluster/vhosts/up.sh " + quoted(hosts_) + " 3");
    if (up.code == 77) GTEST_SKIP() << "namespaces are not permitted here: no virtual hosts";
    ASSERT_EQ(up.code, 0) << up.err;
    up_ = true;
    fs::copy_file(SOURCE_DIR "/tests/cluster/slurm/small.yaml", folder_ / "small.yaml");
    ASSERT_EQ(run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " + study("alone")).code, 0);
  }
  void TearDown() override {
    if (up_) run_command(SOURCE_DIR "/tests/cluster/vhosts/down.sh " + quoted(hosts_));
  }

  std::string study(const std::string& out) const {
    return PROGRAM " run " + quoted(folder_ / "small.yaml") + " --threads 1 --quiet --out " +
           quoted(folder_ / out);
  }
  // With the settings of submit's scripts, but quicker to notice silence.
  std::string on(const std::string& hosts, const std::string& out) const {
    return "LORAHUB_CONFIGS=" SOURCE_DIR "/configs timeout 100 " + quoted(hosts_ / "vexec") +
           " h1 mpirun --mca plm_rsh_agent " + quoted(hosts_ / "vrsh") +
           " --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 2 --mca "
           "oob_tcp_keepalive_probes 2 --mca btl_tcp_if_include eth0 -x LORAHUB_CONFIGS --host " +
           hosts + " " + study(out) + " --stall-timeout 3";
  }
  // Begins on three hosts, loses h3 by the script `how`, ends.
  Ended begin_and_lose(const std::string& how) {
    Ended ended;
    std::thread job([&] { ended = run_in("job", on("h1:1,h2:1,h3:1", "out")); });
    const bool begun = wait_until([&] { return finished(folder_ / "out") >= 1; });
    run_in("lose", quoted(hosts_ / how) + " h3");
    job.join();
    EXPECT_TRUE(begun) << ended.err;
    return ended;
  }
  // As run_command, for two at once.
  Ended run_in(const std::string& name, const std::string& command) const {
    const fs::path log = folder_ / (name + ".log");
    const int state = std::system(("{ " + command + "\n} >" + quoted(log) + " 2>&1").c_str());
    return {.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
            .err = read_all(log)};
  }

  void expect_done_on(const std::string& hosts) {
    const Ended again = run_in("again", on(hosts, "out"));
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(payload(folder_ / "out"), payload(folder_ / "alone"));
  }

  fs::path folder_ = fresh_folder("hosts");
  fs::path hosts_ = folder_ / "hosts";
  bool up_ = false;
};

TEST_F(Hosts, PowerOff) {
  const Ended ended = begin_and_lose("vpoweroff");
  EXPECT_NE(ended.code, 0);  // 75, or mpirun's own code: it sees its daemon's connection end
  EXPECT_NE(ended.code, 124) << "not found out within 100 s";
  expect_done_on("h1:1,h2:1");
}

TEST_F(Hosts, NetworkCut) {
  const Ended ended = begin_and_lose("vcut");
  EXPECT_THAT(ended.code, testing::AnyOf(75, 128 + SIGKILL)) << ended.err;
  EXPECT_NE(ended.err.find("rank 2 on h3"), std::string::npos) << ended.err;
  run_in("heal", quoted(hosts_ / "vheal") + " h3; sleep 2");  // until the hosts find each other
  expect_done_on("h1:1,h2:1,h3:1");
}

}  // namespace
}  // namespace lorahub
