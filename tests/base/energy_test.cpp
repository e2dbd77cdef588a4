#include "base/energy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "process.hpp"

namespace lorahub::base {
namespace {

constexpr const char* kNoLibrary = "no_such_library.so";

class Energy : public testing::Test {
 protected:
  void domain(const std::string& folder, const std::string& name, double microjoules) const {
    std::filesystem::create_directories(powercap_ / folder);
    std::ofstream(powercap_ / folder / "name") << name << "\n";
    std::ofstream(powercap_ / folder / "max_energy_range_uj") << "262143328850\n";
    count(folder, microjoules);
  }
  void count(const std::string& folder, double microjoules) const {
    std::ofstream(powercap_ / folder / "energy_uj") << std::fixed << microjoules << "\n";
  }
  std::filesystem::path powercap_ = fresh_folder("powercap");
};

TEST_F(Energy, PackagesAreAddedAndTheirPartsAreNot) {
  domain("intel-rapl:0", "package-0", 5e6);
  domain("intel-rapl:0:0", "core", 1e6);
  domain("intel-rapl:1", "package-1", 100e6);
  domain("intel-rapl:2", "psys", 1e6);
  EnergyMeter meter(powercap_, kNoLibrary);
  EXPECT_EQ(meter.joules(), 0);
  for (const char* part : {"intel-rapl:0:0", "intel-rapl:2"}) count(part, 900e6);
  count("intel-rapl:0", 7.5e6);
  count("intel-rapl:1", 101e6);
  EXPECT_NEAR(meter.joules(), 3.5, 1e-9);
  EXPECT_NEAR(meter.joules(), 3.5, 1e-9);
}

TEST_F(Energy, ACounterThatBeginsAnewGoesOn) {
  domain("intel-rapl:0", "package-0", 262143.0e6);
  EnergyMeter meter(powercap_, kNoLibrary);
  count("intel-rapl:0", 2e6);
  EXPECT_NEAR(meter.joules(), 262143.328850 - 262143 + 2, 1e-6);
  count("intel-rapl:0", 4e6);
  EXPECT_NEAR(meter.joules(), 262143.328850 - 262143 + 4, 1e-6);
}

TEST_F(Energy, GpusThatCountAreAdded) {
  EnergyMeter gpus(powercap_, FAKE_NVML);
  EXPECT_NEAR(gpus.joules(), 1.5, 1e-9);
  domain("intel-rapl:0", "package-0", 0);
  EnergyMeter both(powercap_, FAKE_NVML);
  count("intel-rapl:0", 10e6);
  EXPECT_NEAR(both.joules(), 11.5, 1e-9);
}

TEST_F(Energy, WithoutAMeterItIsNotANumber) {
  EnergyMeter none(powercap_ / "missing", kNoLibrary);
  EXPECT_TRUE(std::isnan(none.joules()));
  std::filesystem::create_directories(powercap_ / "intel-rapl:0");
  std::ofstream(powercap_ / "intel-rapl:0/name") << "package-0\n";  // its counter is root's alone
  EnergyMeter closed(powercap_, kNoLibrary);
  EXPECT_TRUE(std::isnan(closed.joules()));
}

}  // namespace
}  // namespace lorahub::base
