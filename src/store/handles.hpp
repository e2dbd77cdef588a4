// HDF5's identifiers, closed when they go out of scope; its failures as exceptions.
#pragma once
#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lorahub::store {

// A call of HDF5 failed. The functions that know the file catch it.
struct Hdf5Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] void throw_failure(const char* what);

template <class Status>  // hid_t, herr_t, ssize_t, htri_t: negative when failed
Status good(Status status, const char* what) {
  if (status < 0) throw_failure(what);
  return status;
}

// While it lives, HDF5 prints no errors.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

template <herr_t (*close)(hid_t)>
class Handle {
 public:
  Handle(hid_t id, const char* what) : id_(good(id, what)) {}
  ~Handle() {
    if (id_ >= 0) close(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

using FileHandle = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Plist = Handle<H5Pclose>;
using Attribute = Handle<H5Aclose>;

// Makes a file in memory that HDF5 1.8 and later read. Its objects have no dates, so that equal
// content gives equal bytes. It is in memory since HDF5 1.10 crashes when a disk is full.
FileHandle create_image();
std::string image(const FileHandle& file);      // the bytes of the file
FileHandle open_file(const std::string& path);  // for reading, whoever has locked it
Group create_group(hid_t parent, const std::string& name);
Dataset create_dataset(hid_t parent, const std::string& name,
                       std::pair<hid_t, hid_t> type_and_space,
                       hid_t properties = H5P_DEFAULT);  // H5P_DEFAULT: contiguous
Plist dataset_properties();
Space simple_space(const std::vector<hsize_t>& shape);
Type text_type(size_t width);  // UTF-8, padded with zeros; at least 1 byte

void write_attribute(hid_t object, const std::string& name, const std::string& text);
void write_attribute(hid_t object, const std::string& name, int value);
void write_text(hid_t parent, const std::string& name,
                const std::string& text);  // a scalar dataset
std::string read_text(hid_t parent, const std::string& name);
std::string read_text_attribute(hid_t object, const std::string& name);
int read_integer_attribute(hid_t object, const std::string& name);

}  // namespace lorahub::store
