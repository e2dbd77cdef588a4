#include "checkpoint/hub_cache.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/home.hpp"
#include "base/sha256.hpp"
#include "checkpoint/weight_files.hpp"
#include "gguf/gguf_file.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;

// Throws nothing: a folder that may not be read counts as none.
bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}
bool is_there(const fs::path& path) {  // false for a link to nothing, too
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

constexpr const char* kModelFile = "config.json";

// A GGUF file says itself what a config.json would.
bool is_described(const fs::path& folder, const std::string& file) {
  return is_there(folder / file) || (file == kModelFile && gguf::gguf_of(folder));
}

// As huggingface_hub has it.
fs::path cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (const std::string hub = base::environment_variable(name); !hub.empty())
      return base::with_home(hub);
  if (const std::string home = base::environment_variable("HF_HOME"); !home.empty())
    return base::with_home(home) / "hub";
  return base::cache_home() / "huggingface" / "hub";
}

// "t5-small", "google/flan-t5-large", "lorahub/flan_t5_large-super_glue_wsc.fixed"
bool is_hub_name(const std::string& name) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  const auto part = [&](const std::string& word) {
    return !word.empty() && letter(word.front()) &&
           std::all_of(word.begin(), word.end(),
                       [&](unsigned char c) { return letter(c) || c == '.' || c == '-'; });
  };
  const size_t slash = name.find('/');
  const bool whole = slash == std::string::npos;
  return part(name.substr(0, slash)) && (whole || part(name.substr(slash + 1))) &&
         name.find("--") == std::string::npos && name.find("..") == std::string::npos;
}

// One name in the cache: models--org--name/{refs/main, snapshots/<hash>/..., blobs/...}.
class Cached {
 public:
  explicit Cached(const std::string& name) : name_(name) {
    std::string folder = "models--" + name;
    if (const size_t slash = folder.find('/'); slash != std::string::npos)
      folder.replace(slash, 1, "--");
    root_ = cache_folder() / folder;
  }

  fs::path snapshot() const {
    if (!is_folder(root_)) missing("is not there");
    const fs::path ref = root_ / "refs" / "main";
    if (!is_there(ref)) return only_snapshot();
    const fs::path hash = base::strip(base::read_file(ref));
    if (hash.empty() || hash != hash.filename() || !is_folder(root_ / "snapshots" / hash))
      missing(base::format("has no snapshot '{}', which refs/main names", hash.string()));
    return root_ / "snapshots" / hash;
  }

  [[noreturn]] void missing(const std::string& problem) const {
    base::fail(
        "model or adapter '{}': no folder and no piece of configs/ has that name, and {} in the "
        "Hugging Face cache {} (nothing is downloaded at run time), mend the name, run `hf "
        "download {}` first or set HF_HOME",
        name_, root_.string(), problem, name_);
  }

  [[noreturn]] void unfinished(const std::string& problem) const {
    base::fail(
        "model or adapter '{}': {} in the Hugging Face cache has {}{} (nothing is downloaded at "
        "run time), run `hf download {}` again",
        name_, root_.string(), problem, incomplete() ? ": the download was not finished" : "",
        name_);
  }

 private:
  fs::path only_snapshot() const {
    std::vector<fs::path> all;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(root_ / "snapshots", none))
      if (entry.is_directory()) all.push_back(entry.path());
    if (all.empty()) unfinished("no snapshot");
    base::check(
        all.size() == 1,
        "model or adapter '{}': {} has {} snapshots and no refs/main (which one is meant?), "
        "give the folder of one of them",
        name_, root_.string(), all.size());
    return all.front();
  }

  bool incomplete() const {
    std::error_code none;
    const fs::directory_iterator blobs(root_ / "blobs", none);
    return std::any_of(begin(blobs), end(blobs), [](const fs::directory_entry& entry) {
      return entry.path().extension() == ".incomplete";
    });
  }

  const std::string& name_;
  fs::path root_;
};

// Both without links.
bool is_within(const fs::path& file, const fs::path& folder) {
  return *file.lexically_relative(folder).begin() != "..";
}

// `folder` is, or lies in, models--org--name/snapshots/<hash>, and `file` in that name's blobs.
bool is_blob_of(const fs::path& file, const fs::path& folder) {
  for (fs::path at = folder; at.has_relative_path(); at = at.parent_path()) {
    const fs::path repository = at.parent_path().parent_path();
    if (at.parent_path().filename() == "snapshots" &&
        repository.filename().string().starts_with("models--"))
      return file.parent_path() == repository / "blobs";
  }
  return false;
}

bool has_weights(const fs::path& folder, const std::string& file) {
  if (file == "adapter_config.json")
    return is_there(folder / "adapter_model.safetensors") || is_there(folder / "adapter_model.bin");
  try {
    return !weight_files(folder).files.empty();
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

fs::path resolve(const std::string& name_or_folder, const std::string& file) {
  if (is_folder(name_or_folder)) {
    base::check(is_described(name_or_folder, file),
                "{}: has no {} (it is not a Hugging Face folder of that kind), check the path",
                name_or_folder, file);
    return name_or_folder;
  }
  base::check(is_hub_name(name_or_folder),
              "{}: no such folder, give a model's or adapter's folder or a Hugging Face name",
              name_or_folder);
  const Cached cached(name_or_folder);
  fs::path folder = cached.snapshot();
  if (!is_described(folder, file)) cached.unfinished("no " + file);
  if (!has_weights(folder, file)) cached.unfinished("no weights, or not all of them");
  return folder;
}

std::string lasting_name(const std::string& name_or_folder) {
  std::error_code error;
  const fs::path folder = fs::canonical(name_or_folder, error);
  return !error && fs::is_directory(folder, error) ? folder.string() : name_or_folder;
}

void check_own_file(const fs::path& file) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(file, error))) return;
  const fs::path folder = fs::canonical(file.has_parent_path() ? file.parent_path() : ".", error);
  const fs::path target = error ? fs::path() : fs::canonical(file, error);
  const bool good = !error && (is_within(target, folder) || is_blob_of(target, folder));
  base::check(
      good,
      "{} is a link to {} (copies would pass on a file from outside of its folder), put the "
      "file itself there",
      file.string(), fs::read_symlink(file, error).string());
}

std::vector<fs::path> model_files(const fs::path& folder) {
  const WeightFiles weights = weight_files(folder);
  std::vector<fs::path> files;
  if (is_there(folder / kModelFile)) files.push_back(folder / kModelFile);
  if (!weights.index.empty()) files.push_back(weights.index);
  files.insert(files.end(), weights.files.begin(), weights.files.end());
  return files;
}

std::string hash_model(const fs::path& folder) {
  base::Sha256 hash;
  for (const fs::path& file : model_files(folder)) hash.update_by_file(file);
  return hash.hex();
}

}  // namespace lorahub::checkpoint
