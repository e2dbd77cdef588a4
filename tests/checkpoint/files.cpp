#include "checkpoint/files.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/crc32.hpp"
#include "base/files.hpp"
#include "checkpoint/zip.hpp"

namespace lorahub::checkpoint::testing {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string le(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

Folder::Folder() {
  std::string name = (fs::path(::testing::TempDir()) / "t5_XXXXXX").string();
  base::check(::mkdtemp(name.data()) != nullptr, "no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::put(const std::string& name, std::string_view bytes) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  fs::remove(file);  // truncating a file makes ext4 flush it: 4 ms each
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
  return file;
}

fs::path golden(const std::string& name) {
  return fs::path(SOURCE_DIR) / "tests/golden/files" / name;
}

std::string golden_bytes(const std::string& name) { return base::read_file(golden(name)); }

void expect_golden(const std::string& name, const Tensors& tensors) {
  static const auto all = nlohmann::json::parse(golden_bytes("expected.json"))["tensors"];
  const auto& expected = all.at(name);
  ASSERT_EQ(tensors.size(), expected.size()) << name;
  for (const auto& [key, e] : expected.items()) {
    ASSERT_TRUE(tensors.contains(key)) << name << ": " << key;
    const at::Tensor& tensor = tensors.at(key);
    const std::map<std::string, at::ScalarType> types{
        {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
        {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
        {"U8", at::kByte},    {"BOOL", at::kBool}};
    EXPECT_EQ(tensor.scalar_type(), types.at(e["dtype"])) << name << ": " << key;
    EXPECT_EQ(tensor.sizes().vec(), e["shape"].get<std::vector<int64_t>>()) << name << ": " << key;
    const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
    const std::vector<double> values(flat.const_data_ptr<double>(),
                                     flat.const_data_ptr<double>() + flat.numel());
    EXPECT_EQ(values, e["values"].get<std::vector<double>>()) << name << ": " << key;
  }
}

bool same(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.scalar_type() == y.second.scalar_type() &&
           at::equal(x.second, y.second);
  });
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

std::string archive(const std::vector<std::pair<std::string, std::string>>& members, Zip zip) {
  const bool wide = zip == Zip::wide;
  const auto size32 = [&](size_t size) { return le(wide ? ~0u : static_cast<uint32_t>(size)); };
  std::string out, directory;
  for (const auto& [name, bytes] : members) {
    const auto name_size = static_cast<uint16_t>(name.size());
    const std::string common = le<uint16_t>(0) + le<uint16_t>(0) + le<uint32_t>(0) +
                               le(base::crc32(bytes)) + size32(bytes.size()) + size32(bytes.size());
    std::string extra;
    if (wide)
      extra = le<uint16_t>(1) + le<uint16_t>(24) + le<uint64_t>(bytes.size()) +
              le<uint64_t>(bytes.size()) + le<uint64_t>(out.size());
    const auto extra_size = static_cast<uint16_t>(extra.size());
    directory += "PK\1\2" + le<uint16_t>(45) + le<uint16_t>(45) + common + le(name_size) +
                 le(extra_size) + std::string(10, '\0') + size32(out.size()) + name + extra;
    const size_t header = out.size() + 30 + name.size();
    const auto padding = static_cast<uint16_t>((64 - header % 64) % 64);  // as PyTorch aligns
    out += "PK\3\4" + le<uint16_t>(45) + common + le(name_size) + le(padding) + name +
           std::string(padding, 'Z') + bytes;
  }
  const size_t start = out.size();
  out += directory;
  if (wide) {
    const size_t end64 = out.size();
    out += "PK\6\6" + le<uint64_t>(44) + std::string(12, '\0') + le<uint64_t>(members.size()) +
           le<uint64_t>(members.size()) + le<uint64_t>(directory.size()) + le<uint64_t>(start);
    out += "PK\6\7" + le<uint32_t>(0) + le<uint64_t>(end64) + le<uint32_t>(1);
  }
  const auto count = wide ? uint16_t{0xFFFF} : static_cast<uint16_t>(members.size());
  return out + "PK\5\6" + std::string(4, '\0') + le(count) + le(count) + size32(directory.size()) +
         size32(start) + le<uint16_t>(0);
}

std::string torch_archive(const std::string& pickle, const std::vector<std::string>& storages) {
  std::vector<std::pair<std::string, std::string>> members{{"x/data.pkl", pickle},
                                                           {"x/byteorder", "little"}};
  for (size_t i = 0; i < storages.size(); ++i)
    members.emplace_back("x/data/" + std::to_string(i), storages[i]);
  return archive(members);
}

}  // namespace lorahub::checkpoint::testing
