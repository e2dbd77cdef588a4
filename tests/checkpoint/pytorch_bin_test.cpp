#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/check.hpp"
#include "base/files.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using testing::message;
using testing::torch_archive;

// Protocol 4 text.
std::string text(const std::string& s) { return "\x8c"s + static_cast<char>(s.size()) + s; }
std::string number(int32_t value) {
  return "J" + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
std::string tuple(const std::string& items) { return "(" + items + "t"; }
std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
std::string numbers(const std::vector<int32_t>& values) {
  std::string items;
  for (const int32_t value : values) items += number(value);
  return tuple(items);
}

// One tensor as torch writes it, in fields that a test may spoil.
struct Parts {
  std::string type = global("torch", "FloatStorage");
  std::string key = text("0");
  std::string count = number(6);
  std::string offset = number(0);
  std::string size = numbers({2, 3});
  std::string stride = numbers({3, 1});
  std::string more;
};
std::string tensor(const Parts& p) {
  const std::string id = tuple(text("storage") + p.type + p.key + text("cpu") + p.count) + "Q";
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple(id + p.offset + p.size + p.stride + "\x89" + global("collections", "OrderedDict") +
               ")R" + p.more) +
         "R";
}
std::string dict(const std::string& items) { return "\x80\x04}(" + items + "u."; }

const std::string kSix = [] {
  std::string bytes(24, '\0');
  for (int i = 0; i < 6; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(bytes.data() + 4 * i, &value, 4);
  }
  return bytes;
}();

// Bytes of its storage that a tensor reaches into.
size_t last_byte(const at::Tensor& t) {
  if (t.numel() == 0) return 0;
  int64_t last = t.storage_offset();
  for (int64_t i = 0; i < t.dim(); ++i) last += (t.size(i) - 1) * t.stride(i);
  EXPECT_LE((static_cast<size_t>(last) + 1) * t.element_size(), t.storage().nbytes());
  return (static_cast<size_t>(last) + 1) * t.element_size();
}

Tensors read(const std::string& pickle, const std::vector<std::string>& storages = {kSix}) {
  static const Folder folder;  // one for all: the loops below read thousands of files
  return read_pytorch_bin(folder.put("weights.bin", torch_archive(pickle, storages)));
}
std::string complaint(const std::string& pickle,
                      const std::vector<std::string>& storages = {kSix}) {
  const std::string said = message([&] { read(pickle, storages); });
  EXPECT_THAT(said, HasSubstr("weights.bin: "));
  return said;
}

TEST(PytorchBin, FilesOfTorchAreReadAsTorchReadsThem) {
  for (const char* name : {"state_dict.bin", "ordered.bin", "views.bin", "parameters.bin",
                           "checkpoint.bin", "protocol3.bin", "protocol4.bin", "protocol5.bin"})
    testing::expect_golden(name, read_pytorch_bin(testing::golden(name)));
}

TEST(PytorchBin, ViewsShareOneStorageInTheMap) {
  const Tensors views = read_pytorch_bin(testing::golden("views.bin"));
  EXPECT_EQ(views.at("shared").const_data_ptr(), views.at("again").const_data_ptr());
  EXPECT_EQ(views.at("tail").const_data_ptr<float>(),
            views.at("shared").const_data_ptr<float>() + 3);
  EXPECT_EQ(views.at("transposed").strides().vec(), (std::vector<int64_t>{1, 6}));
}

TEST(PytorchBin, TensorsOutliveTheFile) {
  const Folder folder;
  const fs::path file = folder.put("a.bin", testing::golden_bytes("views.bin"));
  const Tensors read = read_pytorch_bin(file);
  fs::remove(file);
  testing::expect_golden("views.bin", read);
}

TEST(PytorchBin, HandMadePicklesAreRead) {  // the control of the refusals below
  const Tensors plain = read(dict(text("a") + tensor({})));
  EXPECT_TRUE(at::equal(plain.at("a"), at::arange(6, at::kFloat).reshape({2, 3})));
  const Tensors later =
      read(dict(text("a") + tensor({}) + text("a") + tensor({.size = numbers({1, 1})})));
  EXPECT_EQ(later.at("a").numel(), 1);
  EXPECT_EQ(later.size(), 1u);
}

TEST(PytorchBin, CallsAreRefusedByNameAndNeverRun) {
  const Folder folder;
  const std::string marker = folder / "ran";
  const std::string command = text("touch " + marker);
  const std::string system = global("posix", "system");
  const std::string stacked = text("posix") + text("system") + "\x93";
  const std::vector<std::string> attacks{
      system + tuple(command) + "R",                                        // REDUCE
      stacked + tuple(command) + "R",                                       // STACK_GLOBAL
      system + tuple(command) + "\x81",                                     // NEWOBJ
      system + tuple(command) + "}\x92",                                    // NEWOBJ_EX
      "(" + command + "iposix\nsystem\n",                                   // INST
      "(" + system + command + "o",                                         // OBJ
      system + "}" + text("__setstate__") + system + "sb" + command + "b",  // BUILD
  };
  for (const std::string& attack : attacks) {
    for (const std::string& pickle : {"\x80\x04"s + attack + ".", dict(text("a") + attack),
                                      dict(text("a") + tensor({}) + text("b") + attack),
                                      dict(text("a") + tensor({.more = attack}))}) {
      EXPECT_THAT(complaint(pickle), HasSubstr("refuses to run 'posix.system'"));
    }
  }
  EXPECT_FALSE(fs::exists(marker));
  for (const auto& [module, name] : std::vector<std::pair<std::string, std::string>>{
           {"os", "system"},
           {"builtins", "eval"},
           {"__builtin__", "getattr"},
           {"torch", "load"},
           {"torch.hub", "load"},
           {"torch._utils", "_rebuild_tensor_v2.__globals__"},
           {"collections", "OrderedDict.fromkeys"},
           {"torch.serialization", "_load"},
           {"torch", "float32"},
           {"", ""}})
    EXPECT_THAT(complaint(dict(text("a") + global(module, name) + ")R")),
                HasSubstr("refuses to run '" + module + "." + name + "'"));
  for (const std::string& extension : {"\x82\x01"s, "\x83\x01\x00"s, "\x84\x01\x00\x00\x00"s})
    EXPECT_THAT(complaint(dict(text("a") + extension)),
                HasSubstr("refuses to run 'a registered extension'"));
  EXPECT_THAT(complaint(dict(text("a") + "Pposix.system\n")), HasSubstr("operation 0x50"));
}

TEST(PytorchBin, TensorsOutsideTheirStorageAreRefused) {
  const auto says = [](const Parts& parts) { return complaint(dict(text("a") + tensor(parts))); };
  const char* outside = "a tensor outside its storage";
  EXPECT_THAT(says({.offset = number(1)}), HasSubstr(outside));
  EXPECT_THAT(says({.offset = number(-1)}), HasSubstr(outside));
  EXPECT_THAT(says({.size = numbers({2, 4})}), HasSubstr(outside));
  EXPECT_THAT(says({.stride = numbers({4, 1})}), HasSubstr(outside));
  EXPECT_THAT(says({.offset = number(5), .stride = numbers({-3, 1})}), HasSubstr(outside));
  const std::string huge = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s;  // 2^63 - 1
  EXPECT_THAT(says({.stride = tuple(huge + huge)}), HasSubstr(outside));
  EXPECT_THAT(says({.offset = huge}), HasSubstr(outside));
  EXPECT_THAT(says({.size = tuple(huge + huge), .stride = numbers({0, 0})}), HasSubstr("a shape"));
  EXPECT_THAT(says({.size = numbers({-2, -3})}), HasSubstr("a shape"));
  EXPECT_THAT(says({.size = numbers({6})}), HasSubstr("a shape"));
}

// A caller would convert such a tensor whole, so that a file of 400 bytes could take any amount of
// memory.
TEST(PytorchBin, TensorsThatRepeatTheirStorageAreRefused) {
  EXPECT_THAT(complaint(dict(text("a") + tensor({.size = numbers({1 << 20, 1 << 20}),
                                                 .stride = numbers({0, 0})}))),
              HasSubstr("a tensor of 4398046511104 bytes that repeats"));
  std::string many;  // none of them large
  for (int i = 0; i < 20; ++i)
    many += text(std::to_string(i)) +
            tensor({.size = numbers({1 << 10, 1 << 10}), .stride = numbers({0, 0})});
  EXPECT_THAT(complaint(dict(many)), HasSubstr("a tensor of 4194304 bytes that repeats"));
}

TEST(PytorchBin, StoragesThatLieAreRefused) {
  const auto says = [](const Parts& parts) { return complaint(dict(text("a") + tensor(parts))); };
  EXPECT_THAT(says({.count = number(7)}), HasSubstr("data/0 has 24 bytes where 28 are needed"));
  EXPECT_THAT(says({.type = global("torch", "DoubleStorage")}), HasSubstr("where 48 are needed"));
  EXPECT_THAT(says({.count = number(-1)}), HasSubstr("a storage"));
  EXPECT_THAT(says({.count = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s}), HasSubstr("a storage"));
  EXPECT_THAT(says({.key = text("1")}), HasSubstr("data/1 is missing"));
  EXPECT_THAT(says({.key = text("../byteorder")}), HasSubstr("is missing"));
  EXPECT_THAT(says({.type = global("torch", "Size")}), HasSubstr("a storage"));
  EXPECT_THAT(says({.type = global("torch", "ComplexFloatStorage")}),
              HasSubstr("refuses to run 'torch.ComplexFloatStorage'"));
  EXPECT_THAT(says({.more = "}(" + text("conj") + "\x88u"}), HasSubstr("flags"));
  EXPECT_THAT(complaint(dict(text("a") + tensor({}) + text("b") +
                             tensor({.type = global("torch", "IntStorage")}))),
              HasSubstr("a storage twice"));
}

TEST(PytorchBin, WhatHoldsNoTensorsByNameIsRefused) {
  EXPECT_THAT(complaint("\x80\x04" + tensor({}) + "."), HasSubstr("does not hold a dict"));
  EXPECT_THAT(complaint("\x80\x04]."), HasSubstr("does not hold a dict"));
  EXPECT_THAT(complaint(dict(text("a") + number(1))), HasSubstr("no tensors by name"));
  EXPECT_THAT(complaint(dict(number(1) + tensor({}))), HasSubstr("a tensor without a name"));
}

TEST(PytorchBin, PicklesThatDoNotFitTogetherAreRefused) {
  for (const std::string& pickle : {""s,
                                    "."s,
                                    "\x80\x04"s,
                                    "\x80\x06}."s,
                                    "}"s,
                                    "}u."s,
                                    "(u."s,
                                    "}(u"s,
                                    "t."s,
                                    "a."s,
                                    "e."s,
                                    "]e."s,
                                    "s."s,
                                    "N}s."s,
                                    "R."s,
                                    ")R."s,
                                    "})R."s,
                                    "Q."s,
                                    "}Q."s,
                                    "N)Q."s,
                                    "b."s,
                                    "Nb."s,
                                    "}Nb."s,
                                    "o."s,
                                    "(o."s,
                                    "h\x01."s,
                                    "j\x01\x02\x03\x04."s,
                                    "q\x01."s,
                                    "\x94."s,
                                    "2."s,
                                    "0."s,
                                    "1."s,
                                    "\x87."s,
                                    "}(Nu."s,
                                    "(Nd."s,
                                    "\x93."s,
                                    "NN\x93."s,
                                    "c"s,
                                    "cx"s,
                                    "cx\ny"s,
                                    "X\xff\xff\xff\xff."s,
                                    "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
                                    "K"s,
                                    "G123"s,
                                    "\x8a\x09"
                                    "123456789."s,
                                    "\x8b\xff\xff\xff\xff."s,
                                    "\x95"s,
                                    "}((0."s,
                                    "(}(Nt."s,
                                    "ctorch\nSize\n)R."s,
                                    "ctorch\nFloatStorage\n)R."s,
                                    "ctorch._utils\n_rebuild_tensor_v2\n)R."s,
                                    "ctorch._utils\n_rebuild_parameter\n)R."s,
                                    "ccollections\nOrderedDict\n(Nt}R."s})
    EXPECT_THROW(read(pickle), base::Error) << ::testing::PrintToString(pickle);
}

TEST(PytorchBin, SelfHoldingAndDeepPicklesAreHarmless) {
  EXPECT_THAT(complaint("\x80\x04]q\x00h\x00\x61."s),
              HasSubstr("does not hold a dict"));  // l = [l]
  EXPECT_THAT(complaint("\x80\x04" + std::string(1'000'000, ']') + std::string(999'999, 'a') + "."),
              HasSubstr("does not hold a dict"));
  EXPECT_THAT(complaint("\x80\x04" + std::string(1'000'000, '(') + "."), HasSubstr("damaged"));
}

TEST(PytorchBin, OtherFormatsAreNamed) {
  const Folder folder;
  const auto says = [&](const std::string& bytes) {
    return message([&] { read_pytorch_bin(folder.put("x.bin", bytes)); });
  };
  EXPECT_THAT(message([] { read_pytorch_bin(testing::golden("legacy.bin")); }),
              AllOf(HasSubstr("legacy.bin: is in PyTorch's format of before 1.6"),
                    HasSubstr("torch.save(")));
  EXPECT_THAT(says(std::string(257, '\0') + "ustar" + std::string(200, '\0')),
              HasSubstr("before 1.6"));
  EXPECT_THAT(says(""), HasSubstr("no zip archive"));
  EXPECT_THAT(says("<html>"), HasSubstr("no zip archive"));
  EXPECT_THAT(says(testing::archive({{"x/other", "1"}})), HasSubstr("no data.pkl"));
  EXPECT_THAT(says(testing::archive({{"x/data.pkl", "}."}, {"x/byteorder", "big"}})),
              HasSubstr("big-endian"));
  EXPECT_THAT(says(testing::archive({{"x/data.pkl", "}."}, {"x/data.pkl", "}."}})),
              HasSubstr("twice"));
  EXPECT_THAT(message([&] { read_pytorch_bin(folder / "absent.bin"); }),
              HasSubstr("absent.bin: no such file"));
}

TEST(PytorchBin, CompressedAndDamagedMembersAreRefused) {
  const Folder folder;
  const std::string good = torch_archive(dict(text("a") + tensor({})), {kSix});
  const size_t entry = good.find("PK\1\2");
  std::string bad = good;
  bad[entry + 10] = 8;  // deflate
  EXPECT_THAT(message([&] { read_pytorch_bin(folder.put("x.bin", bad)); }),
              HasSubstr("data.pkl is compressed"));
  bad = good;
  bad[good.find("cpu")] = 'C';
  EXPECT_THAT(message([&] { read_pytorch_bin(folder.put("x.bin", bad)); }),
              HasSubstr("checksum of its data.pkl is wrong"));
  bad = good;
  bad[good.find(kSix) + 5] ^= 1;
  EXPECT_THAT(message([&] { read_pytorch_bin(folder.put("x.bin", bad)); }),
              HasSubstr("checksum of its data/0 is wrong"));
}

TEST(PytorchBin, NoTruncationIsRead) {
  const Folder folder;
  for (const char* name : {"state_dict.bin", "legacy.bin"}) {
    const std::string good = testing::golden_bytes(name);
    for (size_t length = 0; length < good.size(); ++length)
      EXPECT_THROW(read_pytorch_bin(folder.put("cut", std::string_view(good).substr(0, length))),
                   base::Error)
          << name << " " << length;
  }
}

// Truncated or changed pickles behind a right checksum: the Unpickler itself must stop them.
TEST(PytorchBin, PicklesCutOrChangedNeverReachOutside) {
  const Folder folder;
  const std::string pickle = dict(text("a") + tensor({}) + text("b") +
                                  tensor({.offset = number(3), .size = numbers({3, 1})}));
  for (size_t length = 0; length < pickle.size(); ++length)
    EXPECT_THROW(read(pickle.substr(0, length)), base::Error) << length;
  int refused = 0;
  for (size_t i = 0; i < pickle.size(); ++i) {
    for (const int flip : {0x01, 0x07, 0x10, 0x80, 0xff}) {
      std::string bad = pickle;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      try {
        for (const auto& [name, t] : read(bad)) EXPECT_LE(last_byte(t), kSix.size()) << i;
      } catch (const base::Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

// Checksums cover pickle and tensors: an error, or the same tensors.
TEST(PytorchBin, CorruptedArchivesAreRefusedOrReadEqual) {
  const Folder folder;
  const std::string good = testing::golden_bytes("protocol4.bin");
  const Tensors right = read_pytorch_bin(testing::golden("protocol4.bin"));
  int refused = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int flip : {0x01, 0x11, 0xff}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      try {
        EXPECT_TRUE(testing::same(read_pytorch_bin(folder.put("bad", bad)), right)) << i;
      } catch (const base::Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace lorahub::checkpoint
