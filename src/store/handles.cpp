#include "store/handles.hpp"

#include <algorithm>
#include <functional>

#include "base/check.hpp"
#include "base/text.hpp"

namespace lorahub::store {
namespace {

// HDF5 walks its errors upward, so the first entry is where the failure happened.
herr_t take_first(unsigned index, const H5E_error2_t* error, void* text) {
  if (index == 0 && error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
  return 0;
}

std::string unpadded(std::string text) {
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

std::string read_fixed(hid_t type, const std::function<herr_t(void*)>& read) {
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
    throw Hdf5Failure("a text of fixed length was expected");
  std::string text(H5Tget_size(type), '\0');
  good(read(text.data()), "cannot read a text");
  return unpadded(std::move(text));
}

Plist in_memory() {
  constexpr size_t kGrowth = 1 << 20;  // bytes
  constexpr hbool_t kInMemoryOnly = 0;
  Plist access(H5Pcreate(H5P_FILE_ACCESS), "cannot make properties");
  good(H5Pset_fapl_core(access, kGrowth, kInMemoryOnly), "cannot choose the driver");
  return access;
}

}  // namespace

void throw_failure(const char* what) {
  std::string description;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &description);
  throw Hdf5Failure(description.empty() ? what : base::format("{}: {}", what, description));
}

FileHandle create_image() {
  const Plist access = in_memory();
  // In the newer superblocks H5Fget_file_image clears a flag and keeps the old checksum (seen in
  // 1.10.8).
  good(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18),
       "cannot choose the format");
  const Plist creation(H5Pcreate(H5P_FILE_CREATE), "cannot make properties");
  good(H5Pset_obj_track_times(creation, 0), "cannot switch dates off");
  return {H5Fcreate("image", H5F_ACC_TRUNC, creation, access), "cannot create the file"};
}

std::string image(const FileHandle& file) {
  good(H5Fflush(file, H5F_SCOPE_GLOBAL), "cannot flush the file");
  const ssize_t size = good(H5Fget_file_image(file, nullptr, 0), "cannot size the file");
  std::string bytes(static_cast<size_t>(size), '\0');
  good(H5Fget_file_image(file, bytes.data(), bytes.size()), "cannot copy the file");
  return bytes;
}

FileHandle open_file(const std::string& path) {
  constexpr hbool_t kLock = 0, kIgnoreFailure = 1;
  const Plist access(H5Pcreate(H5P_FILE_ACCESS), "cannot make properties");
  good(H5Pset_fapl_sec2(access), "cannot choose the driver");
  good(H5Pset_file_locking(access, kLock, kIgnoreFailure), "cannot switch locks off");
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), "cannot open the file"};
}

Group create_group(hid_t parent, const std::string& name) {
  const Plist creation(H5Pcreate(H5P_GROUP_CREATE), "cannot make properties");
  good(H5Pset_obj_track_times(creation, 0), "cannot switch dates off");
  return {H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT),
          "cannot make a group"};
}

Plist dataset_properties() {
  Plist creation(H5Pcreate(H5P_DATASET_CREATE), "cannot make properties");
  good(H5Pset_obj_track_times(creation, 0), "cannot switch dates off");
  return creation;
}

Dataset create_dataset(hid_t parent, const std::string& name,
                       std::pair<hid_t, hid_t> type_and_space, hid_t properties) {
  const auto [type, space] = type_and_space;
  const Plist plain = dataset_properties();
  return {H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT,
                     properties == H5P_DEFAULT ? plain : properties, H5P_DEFAULT),
          "cannot make a dataset"};
}

Space simple_space(const std::vector<hsize_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), "cannot make a space"};
  return {H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
          "cannot make a space"};
}

Type text_type(size_t width) {
  Type type(H5Tcopy(H5T_C_S1), "cannot make a type");
  good(H5Tset_size(type, std::max<size_t>(width, 1)), "cannot set the width of a text");
  good(H5Tset_strpad(type, H5T_STR_NULLPAD), "cannot set the padding of a text");
  good(H5Tset_cset(type, H5T_CSET_UTF8), "cannot set the encoding of a text");
  return type;
}

void write_attribute(hid_t object, const std::string& name, const std::string& text) {
  const Type type = text_type(text.size());
  const Space scalar = simple_space({});
  const Attribute attribute(
      H5Acreate2(object, name.c_str(), type, scalar, H5P_DEFAULT, H5P_DEFAULT),
      "cannot make an attribute");
  good(H5Awrite(attribute, type, text.c_str()), "cannot write an attribute");
}

void write_attribute(hid_t object, const std::string& name, int value) {
  const Space scalar = simple_space({});
  const Attribute attribute(
      H5Acreate2(object, name.c_str(), H5T_STD_I32LE, scalar, H5P_DEFAULT, H5P_DEFAULT),
      "cannot make an attribute");
  good(H5Awrite(attribute, H5T_NATIVE_INT, &value), "cannot write an attribute");
}

void write_text(hid_t parent, const std::string& name, const std::string& text) {
  const Type type = text_type(text.size());
  const Space scalar = simple_space({});
  const Dataset dataset = create_dataset(parent, name, {type, scalar});
  good(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), "cannot write a text");
}

std::string read_text(hid_t parent, const std::string& name) {
  const Dataset dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), "cannot open a text");
  const Type type(H5Dget_type(dataset), "cannot read a type");
  return read_fixed(
      type, [&](void* to) { return H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
}

std::string read_text_attribute(hid_t object, const std::string& name) {
  const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), "cannot open an attribute");
  const Type type(H5Aget_type(attribute), "cannot read a type");
  return read_fixed(type, [&](void* to) { return H5Aread(attribute, type, to); });
}

int read_integer_attribute(hid_t object, const std::string& name) {
  const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), "cannot open an attribute");
  int value = 0;
  good(H5Aread(attribute, H5T_NATIVE_INT, &value), "cannot read an attribute");
  return value;
}

}  // namespace lorahub::store
