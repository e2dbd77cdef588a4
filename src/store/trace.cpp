#include "store/trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/check.hpp"
#include "store/replay.hpp"
#include "store/result_file.hpp"
#include "study/choices.hpp"
#include "study/losses.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

struct Label {
  std::string units, meaning;
};

void describe(hid_t dataset, const Label& label) {
  write_attribute(dataset, "units", label.units);
  write_attribute(dataset, "long_name", label.meaning);
}

// Writes numbers, little-endian on the disk.
Dataset write_reals(hid_t group, const std::string& name, const std::vector<hsize_t>& shape,
                    std::vector<double> values) {
  for (double& value : values)
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  const Space space = simple_space(shape);
  Dataset dataset = create_dataset(group, name, {H5T_IEEE_F64LE, space});
  good(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
       "cannot write numbers");
  return dataset;
}

Dataset write_integers(hid_t group, const std::string& name, const std::vector<int>& values) {
  const Space space = simple_space({values.size()});
  Dataset dataset = create_dataset(group, name, {H5T_STD_I32LE, space});
  good(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
       "cannot write numbers");
  return dataset;
}

// Names have variable length, unlike the texts of tables: xarray and netCDF read such ones as text,
// and fixed ones as bytes or not at all.
Dataset write_names(hid_t group, const std::string& name, const std::vector<std::string>& names) {
  std::vector<const char*> words;
  for (const std::string& text : names) words.push_back(text.c_str());
  const Type type(H5Tcopy(H5T_C_S1), "cannot make a type");
  good(H5Tset_size(type, H5T_VARIABLE), "cannot set the width of a text");
  good(H5Tset_cset(type, H5T_CSET_UTF8), "cannot set the encoding of a text");
  const Space space = simple_space({names.size()});
  Dataset dataset = create_dataset(group, name, {type, space});
  good(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, words.data()), "cannot write names");
  return dataset;
}

hobj_ref_t reference(hid_t object) {
  hobj_ref_t address{};
  good(H5Rcreate(&address, object, ".", H5R_OBJECT, -1), "cannot make a reference");
  return address;
}

// What follows is HDF5's Dimension Scale Specification, written with the plain library: the
// high-level one has no other use here. Attributes of a scale: CLASS, NAME, REFERENCE_LIST (which
// dimension of which dataset it labels); of a labelled dataset: DIMENSION_LIST (the scales of each
// dimension).
void write_word(hid_t object, const char* name,
                const std::string& word) {  // ends with a zero byte, as specified
  const Type type(H5Tcopy(H5T_C_S1), "cannot make a type");
  good(H5Tset_size(type, word.size() + 1), "cannot set the width of a text");
  const Space scalar = simple_space({});
  const Attribute attribute(H5Acreate2(object, name, type, scalar, H5P_DEFAULT, H5P_DEFAULT),
                            "cannot make an attribute");
  good(H5Awrite(attribute, type, word.c_str()), "cannot write an attribute");
}

struct Use {
  hid_t dataset;
  int dimension;
};

void make_scale(hid_t scale, const std::string& name, const std::vector<Use>& uses) {
  struct Entry {
    hobj_ref_t dataset;
    int dimension;
  };
  write_word(scale, "CLASS", "DIMENSION_SCALE");
  write_word(scale, "NAME", name);
  const Type type(H5Tcreate(H5T_COMPOUND, sizeof(Entry)), "cannot make a type");
  good(H5Tinsert(type, "dataset", HOFFSET(Entry, dataset), H5T_STD_REF_OBJ), "cannot add a column");
  good(H5Tinsert(type, "dimension", HOFFSET(Entry, dimension), H5T_NATIVE_INT),
       "cannot add a column");
  std::vector<Entry> entries(uses.size());
  std::memset(entries.data(), 0, entries.size() * sizeof(Entry));  // its padding, too
  for (size_t i = 0; i < uses.size(); ++i) {
    entries[i].dataset = reference(uses[i].dataset);
    entries[i].dimension = uses[i].dimension;
  }
  const Space space = simple_space({entries.size()});
  const Attribute attribute(
      H5Acreate2(scale, "REFERENCE_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT),
      "cannot make an attribute");
  good(H5Awrite(attribute, type, entries.data()), "cannot write an attribute");
}

void label_dimensions(hid_t dataset, const std::vector<hid_t>& scales) {
  std::vector<hobj_ref_t> references;
  for (const hid_t scale : scales) references.push_back(reference(scale));
  std::vector<hvl_t> lists;
  for (hobj_ref_t& one : references) lists.push_back({.len = 1, .p = &one});
  const Type type(H5Tvlen_create(H5T_STD_REF_OBJ), "cannot make a type");
  const Space space = simple_space({lists.size()});
  const Attribute attribute(
      H5Acreate2(dataset, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT),
      "cannot make an attribute");
  good(H5Awrite(attribute, type, lists.data()), "cannot write an attribute");
}

struct Flat {
  std::vector<double> weights, losses;
  std::vector<int> generation, evaluation;
  size_t dim = 0;
};

Flat flatten(const Record& record) {
  Flat flat;
  for (size_t g = 0; g < record.generations.size(); ++g) {
    const search::Population& population = record.generations[g].population;
    const search::Losses& losses = record.generations[g].losses;
    flat.dim = static_cast<size_t>(population.dim);
    flat.weights.insert(flat.weights.end(), population.weights.begin(), population.weights.end());
    flat.losses.insert(flat.losses.end(), losses.begin(), losses.end());
    flat.generation.resize(flat.losses.size(), static_cast<int>(g));
  }
  for (size_t e = 0; e < flat.losses.size(); ++e) flat.evaluation.push_back(static_cast<int>(e));
  return flat;
}

std::vector<std::string> names(const Record& record, size_t dim) {
  std::vector<std::string> all = record.modules;
  for (size_t i = all.size(); i < dim; ++i) all.push_back(base::format("{}", i));
  all.resize(dim);
  return all;
}

std::vector<hsize_t> shape_of(hid_t dataset) {
  const Space space(H5Dget_space(dataset), "cannot read a space");
  std::vector<hsize_t> shape(
      static_cast<size_t>(good(H5Sget_simple_extent_ndims(space), "cannot read a space")));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

std::vector<double> read_reals(hid_t dataset, hsize_t count) {
  std::vector<double> values(count);
  good(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
       "cannot read numbers");
  return values;
}

// The state of the search, found by running it again. Empty where the search is not CMA-ES, and
// where the knobs are of a program that this one does not understand.
SearchState replayed_state(const Record& record) {
  const std::map<std::string, std::string> knobs(record.knobs.begin(), record.knobs.end());
  const auto method = knobs.find("search.method");
  if (method == knobs.end() || method->second != study::name(study::SearchMethod::cma)) return {};
  try {
    Replay again = replay(study::trial_of(knobs), {.generations = record.generations, .best = {}});
    if (again.drawn_from.empty()) return {};
    search::Distribution unknown = again.drawn_from.front().front();
    unknown.sigma = unknown.axis_ratio = std::numeric_limits<double>::quiet_NaN();
    std::ranges::fill(unknown.mean, unknown.sigma);
    again.drawn_from.resize(record.generations.size(),
                            std::vector(again.drawn_from.front().size(), unknown));
    return state_of(again.drawn_from);
  } catch (const base::Error&) {
    return {};
  }
}

std::vector<int> counted(hsize_t count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

// Writes the state of CMA-ES, and returns what the scale of modules labels of it.
std::vector<Dataset> write_state(hid_t group, const SearchState& state, hid_t module) {
  if (state.steps == 0) return {};
  const hsize_t modules = state.mean.size() / state.sigma.size();
  const std::vector<hsize_t> shape{state.steps, state.runs};
  const Dataset step = write_integers(group, "step", counted(state.steps));
  const Dataset run = write_integers(group, "run", counted(state.runs));
  const Dataset sigma = write_reals(group, "sigma", shape, state.sigma);
  const Dataset ratio = write_reals(group, "axis_ratio", shape, state.axis_ratio);
  std::vector<Dataset> means;
  means.push_back(write_reals(group, "mean", {state.steps, state.runs, modules}, state.mean));
  const hid_t mean = means.front();
  make_scale(step, "step", {{sigma, 0}, {ratio, 0}, {mean, 0}});
  make_scale(run, "run", {{sigma, 1}, {ratio, 1}, {mean, 1}});
  label_dimensions(sigma, {step, run});
  label_dimensions(ratio, {step, run});
  label_dimensions(mean, {step, run, module});
  describe(step, {"1", "sequential step of the search, from 0, as in generation"});
  describe(run, {"1", "run of CMA-ES side by side with the others, from 0"});
  describe(sigma, {"1", "step size that the step drew its candidates with"});
  describe(ratio, {"1", "longest axis of the distribution over its shortest"});
  describe(mean, {"1", "mixing weight of the module at the centre of the distribution"});
  return means;
}

SearchState read_state(hid_t group, hsize_t modules, const std::string& trial) {
  if (H5Lexists(group, "sigma", H5P_DEFAULT) <= 0) return {};
  const Dataset sigma(H5Dopen2(group, "sigma", H5P_DEFAULT), "cannot open sigma");
  const Dataset ratio(H5Dopen2(group, "axis_ratio", H5P_DEFAULT), "cannot open axis_ratio");
  const Dataset mean(H5Dopen2(group, "mean", H5P_DEFAULT), "cannot open the mean");
  const auto shape = shape_of(sigma);
  base::check(shape.size() == 2 && shape_of(ratio) == shape &&
                  shape_of(mean) == std::vector{shape[0], shape[1], modules},
              "/trace/{}: the shapes of sigma, axis_ratio and mean disagree", trial);
  const hsize_t count = shape[0] * shape[1];
  return {.steps = shape[0],
          .runs = shape[1],
          .sigma = read_reals(sigma, count),
          .axis_ratio = read_reals(ratio, count),
          .mean = read_reals(mean, count * modules)};
}

}  // namespace

SearchState state_of(const std::vector<std::vector<search::Distribution>>& drawn_from) {
  if (drawn_from.empty()) return {};
  SearchState state{.steps = drawn_from.size(), .runs = drawn_from.front().size()};
  for (const auto& runs : drawn_from)
    for (const search::Distribution& one : runs) {
      state.sigma.push_back(one.sigma);
      state.axis_ratio.push_back(one.axis_ratio);
      state.mean.insert(state.mean.end(), one.mean.begin(), one.mean.end());
    }
  return state;
}

void write_trace(hid_t parent, const Record& record) {
  const Flat flat = flatten(record);
  const hsize_t evaluations = flat.losses.size();
  const Group group = create_group(parent, record.trial);
  const Dataset evaluation = write_integers(group, "evaluation", flat.evaluation);
  const Dataset module = write_names(group, "module", names(record, flat.dim));
  const Dataset weights = write_reals(group, "weights", {evaluations, flat.dim}, flat.weights);
  const Dataset loss = write_reals(group, "loss", {evaluations}, flat.losses);
  const Dataset generation = write_integers(group, "generation", flat.generation);
  make_scale(evaluation, "evaluation", {{weights, 0}, {loss, 0}, {generation, 0}});
  std::vector<Use> of_modules{{weights, 1}};
  const std::vector<Dataset> means = write_state(group, replayed_state(record), module);
  for (const Dataset& mean : means) of_modules.push_back({mean, 2});
  make_scale(module, "module", of_modules);
  label_dimensions(weights, {evaluation, module});
  label_dimensions(loss, {evaluation});
  label_dimensions(generation, {evaluation});
  describe(evaluation, {"1", "candidates in the order of their evaluation, from 0"});
  describe(module, {"", "name of the LoRA module"});
  describe(weights, {"1", "mixing weight of the module in this candidate"});
  describe(loss, {std::string(study::loss_unit({record.knobs.begin(), record.knobs.end()})),
                  "few-shot loss with its penalty, as the search saw it"});
  describe(generation, {"1", "sequential step of the search, from 0"});
}

TraceArrays read_trace(hid_t parent, const std::string& trial) {
  const Group group(H5Gopen2(parent, trial.c_str(), H5P_DEFAULT), "cannot open a trace");
  const Dataset weights(H5Dopen2(group, "weights", H5P_DEFAULT), "cannot open the weights");
  const Dataset loss(H5Dopen2(group, "loss", H5P_DEFAULT), "cannot open the losses");
  const auto shape = shape_of(weights);
  base::check(shape.size() == 2 && shape_of(loss) == std::vector{shape[0]},
              "/trace/{}: the shapes of weights and loss disagree", trial);
  return {.evaluations = shape[0],
          .modules = shape[1],
          .weights = read_reals(weights, shape[0] * shape[1]),
          .losses = read_reals(loss, shape[0]),
          .state = read_state(group, shape[1], trial)};
}

TraceArrays read_trace_of(const std::filesystem::path& file, const std::string& trial) {
  TraceArrays found;
  with_result_file(file, [&](hid_t open) {
    const Group traces(H5Gopen2(open, "trace", H5P_DEFAULT), "cannot open the traces");
    base::check(H5Lexists(traces, trial.c_str(), H5P_DEFAULT) > 0, "it has no /trace/{}", trial);
    found = read_trace(traces, trial);
  });
  return found;
}

}  // namespace lorahub::store
