#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using testing::message;
using testing::same;

std::string file_bytes(const std::string& header, size_t data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data, '\0');
}

bool has_nan(const at::Tensor& tensor) { return tensor.ne(tensor).any().item<bool>(); }

json entry(const char* dtype, const json& shape, const json& offsets) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", offsets}};
}

// What read_safetensors says about this header over `data` bytes; it must name the file.
std::string complaint(const json& header, size_t data) {
  const Folder folder;
  const fs::path file = folder.put("a.safetensors", file_bytes(header.dump(), data));
  const std::string text = message([&] { read_safetensors(file); });
  EXPECT_THAT(text, HasSubstr(file.string()));
  return text;
}

TEST(Safetensors, EveryTypeIsReadAsPythonReadsIt) {
  testing::expect_golden("types.safetensors",
                         read_safetensors(testing::golden("types.safetensors")));
}

TEST(Safetensors, WrittenBytesAreThoseThatPythonWrites) {
  const Folder folder;
  write_safetensors(folder / "new/out.safetensors",
                    read_safetensors(testing::golden("types.safetensors")));
  EXPECT_EQ(base::read_file(folder / "new/out.safetensors"),
            testing::golden_bytes("types.safetensors"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "new"), fs::directory_iterator()), 1);
}

TEST(Safetensors, StridedTensorsAreWrittenInOrder) {
  const Folder folder;
  const at::Tensor base = at::arange(6, at::kFloat).reshape({2, 3});
  write_safetensors(folder / "a.safetensors", {{"t", base.t()}, {"column", base.select(1, 1)}});
  const Tensors read = read_safetensors(folder / "a.safetensors");
  EXPECT_TRUE(at::equal(read.at("t"), base.t()));
  EXPECT_TRUE(at::equal(read.at("column"), base.select(1, 1)));
}

TEST(Safetensors, TensorsOutliveTheFileAndAreNotCopies) {
  const Folder folder;
  const fs::path file = folder / "a.safetensors";
  write_safetensors(file, {{"a", at::arange(4, at::kFloat)}, {"b", at::ones({2}, at::kDouble)}});
  Tensors read = read_safetensors(file);
  // b (double) lies before a (float) in one map.
  EXPECT_EQ(static_cast<const char*>(read.at("a").const_data_ptr()),
            static_cast<const char*>(read.at("b").const_data_ptr()) + 16);
  const at::Tensor a = read.at("a");
  read.clear();
  fs::remove(file);
  EXPECT_TRUE(at::equal(a, at::arange(4, at::kFloat)));
}

TEST(Safetensors, UnalignedTensorsAreReadToo) {
  const Folder folder;
  std::string header = json{{"a", entry("F32", {1}, {0, 4})}}.dump();
  header.resize((header.size() / 4 + 1) * 4 + 1, ' ');  // old writers did not align
  std::string bytes = file_bytes(header, 0);
  const float value = 1.25;
  bytes.append(reinterpret_cast<const char*>(&value), 4);
  EXPECT_EQ(read_safetensors(folder.put("a", bytes)).at("a").item<float>(), 1.25F);
}

TEST(Safetensors, PlacesThatLieAreRefused) {
  const json a = entry("F32", {2, 2}, {0, 16});
  EXPECT_THAT(complaint({{"a", a}}, 15),
              AllOf(HasSubstr("tensor a "), HasSubstr("ends at byte 16 of 15")));
  EXPECT_THAT(complaint({{"a", a}}, 17), HasSubstr("1 bytes follow the last tensor"));
  EXPECT_THAT(complaint({{"a", a}, {"b", entry("F32", {2}, {12, 20})}}, 20),
              AllOf(HasSubstr("tensor b "), HasSubstr("overlaps")));
  EXPECT_THAT(complaint({{"a", a}, {"b", a}}, 16), HasSubstr("overlaps"));
  EXPECT_THAT(complaint({{"a", a}, {"b", entry("F32", {1}, {18, 22})}}, 22),
              AllOf(HasSubstr("tensor b "), HasSubstr("hole of 2 bytes")));
  EXPECT_THAT(complaint({{"b", entry("F32", {1}, {4, 8})}}, 8), HasSubstr("hole of 4 bytes"));
  EXPECT_THAT(complaint(json::object(), 3), HasSubstr("3 bytes follow"));
}

TEST(Safetensors, ShapesThatLieAreRefused) {
  EXPECT_THAT(complaint({{"a", entry("F32", {2, 2}, {0, 12})}}, 12), HasSubstr("take 16 bytes"));
  EXPECT_THAT(complaint({{"a", entry("F32", {4}, {16, 0})}}, 16), HasSubstr("tensor a "));
  EXPECT_THAT(complaint({{"a", entry("F32", {-2, -2}, {0, 16})}}, 16), HasSubstr("holds -2"));
  EXPECT_THAT(complaint({{"a", entry("F32", {2.0}, {0, 8})}}, 8), HasSubstr("holds 2.0"));
  const uint64_t half = uint64_t{1} << 32;
  for (const json& shape : {json{half, half}, json{uint64_t{1} << 62}, json{half, half, half, 0},
                            json(std::vector<int>(65, 1))})
    EXPECT_THAT(complaint({{"a", entry("F32", shape, {0, 0})}}, 0),
                HasSubstr("no memory holds that"));
  EXPECT_THAT(complaint({{"a", entry("F32", {~uint64_t{0}}, {0, 4})}}, 4),
              HasSubstr("the shape of tensor a"));
  EXPECT_THAT(complaint({{"a", entry("F32", {1}, {0, ~uint64_t{0}})}}, 4),
              HasSubstr("data_offsets of tensor a"));
}

TEST(Safetensors, DamagedHeadersAreRefused) {
  EXPECT_THAT(complaint({{"a", entry("F8_E4M3", {1}, {0, 1})}}, 1),
              AllOf(HasSubstr("tensor a "), HasSubstr("\"F8_E4M3\"")));
  EXPECT_THAT(complaint({{"a", {{"shape", {1}}, {"data_offsets", {0, 4}}}}}, 4),
              HasSubstr("no dtype"));
  EXPECT_THAT(complaint({{"a", {{"dtype", "F32"}, {"data_offsets", {0, 4}}}}}, 4),
              HasSubstr("no shape"));
  EXPECT_THAT(complaint({{"a", {{"dtype", "F32"}, {"shape", {1}}}}}, 4),
              HasSubstr("no data_offsets"));
  EXPECT_THAT(complaint({{"a", entry("F32", 1, {0, 4})}}, 4), HasSubstr("has shape 1"));
  EXPECT_THAT(complaint({{"a", entry("F32", {1}, {0, 4, 4})}}, 4), HasSubstr("two numbers"));
  EXPECT_THAT(complaint({{"a", 7}}, 0), HasSubstr("described by 7"));
  EXPECT_THAT(complaint(json::array({1}), 0), HasSubstr("not a JSON object"));
}

TEST(Safetensors, WhatIsNoSafetensorsFileIsRefused) {
  const Folder folder;
  const auto says = [&](std::string_view bytes) {
    return message([&] { read_safetensors(folder.put("x.safetensors", bytes)); });
  };
  EXPECT_THAT(says(""), HasSubstr("an empty file"));
  EXPECT_THAT(says("1234567"), HasSubstr("has 7 bytes"));
  EXPECT_THAT(says(std::string(8, '\xff')),
              HasSubstr("18446744073709551615 bytes but the file has 8"));
  EXPECT_THAT(says(file_bytes("{", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(says("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
              HasSubstr("git lfs pull"));
  EXPECT_THAT(message([&] { read_safetensors(folder / "absent"); }),
              HasSubstr("absent: no such file"));
  EXPECT_THAT(message([&] { read_safetensors(folder.path()); }),
              HasSubstr("is a folder, a pipe or a device"));
}

TEST(Safetensors, NoTruncationIsRead) {
  const Folder folder;
  const std::string good = testing::golden_bytes("types.safetensors");
  for (size_t length = 0; length < good.size(); ++length) {
    const fs::path file = folder.put("cut", std::string_view(good).substr(0, length));
    EXPECT_THROW(read_safetensors(file), base::Error) << length;
  }
}

// A flipped byte may change a name or swap types of one size; it must never reach outside the file.
TEST(Safetensors, CorruptedHeadersAreRefusedOrFillTheFile) {
  const Folder folder;
  const std::string good = testing::golden_bytes("types.safetensors");
  uint64_t header = 0;
  std::memcpy(&header, good.data(), 8);
  int refused = 0, read = 0;
  for (size_t i = 0; i < 8 + header; ++i) {
    for (const char flip : {'\x01', '\x10', '\x80', '\xff'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      try {
        size_t bytes = 0;
        for (const auto& [name, tensor] : read_safetensors(folder.put("bad", bad))) {
          bytes += tensor.nbytes();
          EXPECT_TRUE(same({{name, tensor}}, {{name, tensor.clone()}}) || has_nan(tensor));
        }
        EXPECT_EQ(bytes, good.size() - 8 - header) << i;
        ++read;
      } catch (const base::Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 3 * read);
}

TEST(Safetensors, WhatCannotBeWrittenIsSaidAndLeavesNothing) {
  const Folder folder;
  const fs::path file = folder / "a.safetensors";
  const at::Tensor one = at::ones({1});
  EXPECT_THAT(message([&] {
                write_safetensors(file, {{"z", at::ones({1}, at::kComplexFloat)}});
              }),
              HasSubstr("tensor z holds"));
  EXPECT_THAT(message([&] { write_safetensors(file, {{"\xff", one}}); }), HasSubstr("not UTF-8"));
  folder.put("plain", "");
  EXPECT_THAT(message([&] {
                write_safetensors(folder / "plain/a.safetensors", {{"a", one}});
              }),
              HasSubstr("cannot make the folder " + (folder / "plain").string()));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

// A limit of the size of files stands for a disk without room: nothing was wrong with what was
// asked for.
TEST(Safetensors, AFullDiskIsTheMachinesFaultAndLeavesTheOldFile) {
  const Folder folder;
  const fs::path file = folder.put("a.safetensors", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1 << 16, 1 << 16};
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      write_safetensors(file, {{"a", at::ones({1 << 16})}});
    } catch (const base::MachineFault&) {
      ::_exit(75);
    } catch (...) {
    }
    ::_exit(1);
  }
  int state = 0;
  ::waitpid(child, &state, 0);
  EXPECT_EQ(WEXITSTATUS(state), 75);
  EXPECT_EQ(base::read_file(file), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace lorahub::checkpoint
