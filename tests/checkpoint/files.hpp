// What the tests of weight files share: folders, golden files, zip archives and pickles written by
// hand.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/weights.hpp"

namespace lorahub::checkpoint::testing {

// A fresh folder, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

  // Writes without the care of base::write_file: fast, and makes sub-folders.
  std::filesystem::path put(const std::string& name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

std::filesystem::path golden(const std::string& name);  // in tests/golden/files
std::string golden_bytes(const std::string& name);

// The tensors of a golden file are what Python read, in dtype, shape and every value.
void expect_golden(const std::string& name, const Tensors& tensors);
bool same(const Tensors& a, const Tensors& b);

// Message of the base::Error that `action` throws; a test failure and "" when it throws none.
std::string message(const std::function<void()>& action);

// A zip archive of stored members.
enum class Zip { plain, wide };  // wide: all sizes and places in zip64 fields
std::string archive(const std::vector<std::pair<std::string, std::string>>& members,
                    Zip zip = Zip::plain);

// The archive that torch.save would make of one pickle and storages "0", "1", ...
std::string torch_archive(const std::string& pickle, const std::vector<std::string>& storages = {});

}  // namespace lorahub::checkpoint::testing
