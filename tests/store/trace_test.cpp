#include "store/trace.hpp"

#include <gmock/gmock.h>
#include <hdf5.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/random.hpp"
#include "read_hdf5.hpp"
#include "samples.hpp"
#include "search/cma.hpp"
#include "search/optimizer.hpp"
#include "searched.hpp"
#include "store/knob_columns.hpp"
#include "store/result_file.hpp"
#include "store/result_tables.hpp"
#include "study/knobs.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::kSearched;
using testing::Contains;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TraceArrays written(const Record& record) {
  const Folder folder;
  History history;
  history.finished[record.trial] = record;
  write_hdf5(folder / "x.h5", history, {});
  return read_trace_of(folder / "x.h5", record.trial);
}

// The attribute `units` of the losses in the trace, and of those in /runs and /evaluations.
std::vector<std::string> units_of_losses(const std::string& loss) {
  const Folder folder;
  Record record = samples::searched();
  record.knobs.emplace_back("loss", loss);
  History history;
  history.finished[record.trial] = record;
  write_hdf5(folder / "x.h5", history, {});
  std::vector<std::string> units;
  with_result_file(folder / "x.h5", [&](hid_t file) {
    const Dataset trace(H5Dopen2(file, ("trace/" + record.trial + "/loss").c_str(), H5P_DEFAULT),
                        "no trace");
    units = {read_text_attribute(trace, "units")};
    const auto in_table = [&](const char* table, const char* column) {
      return nlohmann::json::parse(TableReader(file, table).description())[column]["units"];
    };
    units.push_back(in_table("runs", "best_loss"));
    units.push_back(in_table("runs", "zero_loss"));
    units.push_back(in_table("evaluations", "loss"));
  });
  return units;
}

TEST(Trace, LossesHaveTheUnitOfTheirLoss) {
  EXPECT_THAT(units_of_losses("official"), Each("nat"));
  EXPECT_THAT(units_of_losses(""), Each("nat"));
  EXPECT_THAT(units_of_losses("accuracy"), Each("1"));
  EXPECT_THAT(units_of_losses("ask"), Each("unit of its program"));
}

// The longest axis of C over its shortest, by Eigen's own decomposition.
double axis_ratio(const Eigen::MatrixXd& covariance) {
  const Eigen::VectorXd values =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance).eigenvalues();
  return std::sqrt(values.maxCoeff() / values.minCoeff());
}

TEST(Trace, SaysWhatEachGenerationOfCmaWasDrawnFrom) {
  const Record record = samples::searched();
  const SearchState state = written(record).state;
  ASSERT_EQ(state.steps, record.generations.size());
  ASSERT_EQ(state.runs, 1u);
  EXPECT_EQ(state.sigma[0], 0.25);
  EXPECT_EQ(state.axis_ratio[0], 1);
  EXPECT_THAT(std::vector(state.mean.begin(), state.mean.begin() + 3), Each(0.125));
  search::Cma cma({.mean = std::vector(3, 0.125), .sigma = 0.25, .population = 6, .bound = 1.5},
                  base::Stream(1, "unused"));
  for (size_t g = 0; g < 5; ++g) {
    EXPECT_EQ(state.sigma[g], cma.state().sigma) << g;
    EXPECT_THAT(state.axis_ratio[g], DoubleNear(axis_ratio(cma.state().covariance), 1e-9)) << g;
    for (size_t m = 0; m < 3; ++m)
      EXPECT_EQ(state.mean[3 * g + m], cma.state().mean[static_cast<Eigen::Index>(m)]) << g;
    cma.tell(record.generations[g].population, record.generations[g].losses);
  }
  EXPECT_GT(state.axis_ratio[4], 1.01);
}

TEST(Trace, HasEachOfSeveralRuns) {
  const SearchState state = written(samples::searched("cma", 2)).state;
  ASSERT_EQ(state.runs, 2u);
  EXPECT_EQ(state.sigma.size(), 2 * state.steps);
  EXPECT_EQ(state.mean.size(), 6 * state.steps);
  EXPECT_NE(state.sigma[2 * state.steps - 2], state.sigma[2 * state.steps - 1]);
}

TEST(Trace, OfAnotherSearchHasNoSuchState) {
  const TraceArrays trace = written(samples::searched("random"));
  EXPECT_EQ(trace.state.steps, 0u);
  EXPECT_EQ(trace.evaluations, 33u);
}

TEST(Trace, IsUnknownFromWhereTheRecordIsNotOfThisSearch) {
  Record record = samples::searched();
  double& weight = record.generations[2].population.weights[0];
  weight = std::nextafter(weight, 2);
  const SearchState state = written(record).state;
  ASSERT_EQ(state.steps, record.generations.size());
  EXPECT_TRUE(std::isfinite(state.sigma[1]));
  EXPECT_TRUE(std::isnan(state.sigma[2]));
  EXPECT_TRUE(std::isnan(state.mean.back()));
}

// Changes a number of sigma as a stranger could, and says what the check finds beside the digest.
std::vector<std::string> problems_with_sigma(double value) {
  const Folder folder;
  const std::string name = (folder / "x.h5").string();
  History history = samples::complete();
  auto plan = samples::complete_plan();
  samples::add_searched(history, plan);
  write_hdf5(name, history, plan);
  EXPECT_THAT(check_hdf5(name, {}).problems, IsEmpty());
  const hid_t file = H5Fopen(name.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t sigma = H5Dopen2(file, ("trace/" + kSearched + "/sigma").c_str(), H5P_DEFAULT);
  std::vector<double> values(
      static_cast<size_t>(H5Sget_simple_extent_npoints(H5Dget_space(sigma))));
  H5Dread(sigma, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  values[3] = value;
  H5Dwrite(sigma, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(sigma);
  H5Fclose(file);
  return check_hdf5(name, {}).problems;
}

TEST(Trace, OfAnotherSigmaIsFoundByTheCheck) {
  EXPECT_THAT(problems_with_sigma(0.5),
              Contains(HasSubstr("sigma, mean or axis_ratio in /trace are not those")));
}

// tests/store/schema4.h5 was written by make_sample of the program before schema 5.
TEST(Schema4, IsReadAsTheSameStudy) {
  const Folder folder;
  write_hdf5(folder / "new.h5", samples::history(), samples::planned());
  const std::string old = SOURCE_DIR "/tests/store/schema4.h5";
  const Results before = read_hdf5(old), now = read_hdf5(folder / "new.h5");
  ASSERT_EQ(before.rows.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(before.rows[i].id, now.rows[i].id);
    EXPECT_EQ(before.rows[i].knobs, now.rows[i].knobs);
    EXPECT_EQ(before.rows[i].counts.evaluations, now.rows[i].counts.evaluations);
  }
  EXPECT_EQ(before.rows[0].knobs.at("search.sigma0"), "0.25");
  std::vector<std::string> problems = check_hdf5(folder / "new.h5", {}).problems;
  problems.emplace_back("trial 1a5e1876d96499f6: the hash of module b_mödule is not recorded");
  problems.emplace_back(
      "trial 494c392cb91c00d0: its test rows are not those of trial 1a5e1876d96499f6, although "
      "both have one hash");
  EXPECT_EQ(check_hdf5(old, {}).problems, problems) << "the sample of that time lacked both";
  EXPECT_EQ(read_trace_of(old, "1a5e1876d96499f6").state.steps, 0u);
  EXPECT_EQ(read_trace_of(old, "1a5e1876d96499f6").losses[2], 1.75);
}

TEST(KnobColumns, AreIdentifiersThatNoOtherColumnHas) {
  std::set<std::string> names;
  const auto tables = result_tables();
  for (const Column& column : tables.front().columns) names.insert(column.name);
  for (const study::Knob& knob : study::knobs()) {
    const std::string column = column_of(std::string(knob.name));
    EXPECT_EQ(column.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos)
        << column;
    EXPECT_TRUE(names.insert(column).second) << column;
  }
}

TEST(KnobColumns, NameTheirKnob) {
  const auto columns = knob_columns(samples::planned());
  std::map<std::string, std::string> knobs;
  for (const KnobColumn& knob : columns) knobs[knob.column.name] = knob.column.knob;
  EXPECT_THAT(knobs, Contains(Pair("search_sigma0", "search.sigma0")));
}

}  // namespace
}  // namespace lorahub::store
