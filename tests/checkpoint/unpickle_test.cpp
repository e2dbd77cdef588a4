#include "checkpoint/unpickle.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <limits>

#include "base/check.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

const Rules kNoRules{.known = [](std::string_view) { return false; }, .call = {}, .storage = {}};

// The values as text, as Python's repr shows them but for tuples, which are lists here.
std::string shown(const PickleValue& value);

std::string shown(const PickleList& list) {
  std::string text;
  for (const PickleValue& item : list) text += (text.empty() ? "" : ", ") + shown(item);
  return "[" + text + "]";
}

std::string shown(const Dict& dict) {
  std::string text;
  for (const auto& [key, value] : dict.items)
    text += (text.empty() ? "" : ", ") + shown(key) + ": " + shown(value);
  return "{" + text + "}";
}

std::string shown(const PickleValue& value) {
  if (std::holds_alternative<None>(value)) return "None";
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "True" : "False";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) return base::format("{}", *real);
  if (const auto* text = std::get_if<std::string_view>(&value)) return base::format("'{}'", *text);
  if (const auto* list = std::get_if<PickleList*>(&value)) return shown(**list);
  if (const auto* dict = std::get_if<Dict*>(&value)) return shown(**dict);
  return "?";
}

struct Pickle {
  int protocol;
  std::string hex;
};

// Python 3.11: pickle.dumps(value, protocol), with numbers = [0, 255, 65535, -1, 2**31-1, 2**40,
// -2**40, 2**63-1, -2**63] and value = {"numbers": numbers, "real": (0.1, -1e300), "nothing": None,
// "yes": True, "no": False, "text": "é\n", "bytes": b"\x00\xff", "nested": [[], {}, ((),)],
// "again": numbers, "ordered": OrderedDict([("b", 1), ("a", 2)])}; protocol 2 without "bytes",
// which it writes as a call.
const Pickle kPickles[] = {
    {2,
     "80027d71002858070000006e756d6265727371015d7102284b004bff4dffff4affffffff4affffff7f8a0600"
     "00000000018a060000000000ff8a08ffffffffffffff7f8a0800000000000000806558040000007265616c71"
     "03473fb999999999999a47fe37e43c8800759c86710458070000006e6f7468696e6771054e58030000007965"
     "7371068858020000006e6f71078958040000007465787471085803000000c3a90a710958060000006e657374"
     "6564710a5d710b285d710c7d710d2985710e655805000000616761696e710f680258070000006f7264657265"
     "64711063636f6c6c656374696f6e730a4f726465726564446963740a7111295271122858010000006271134b"
     "0158010000006171144b0275752e"},
    {3,
     "80037d71002858070000006e756d6265727371015d7102284b004bff4dffff4affffffff4affffff7f8a0600"
     "00000000018a060000000000ff8a08ffffffffffffff7f8a0800000000000000806558040000007265616c71"
     "03473fb999999999999a47fe37e43c8800759c86710458070000006e6f7468696e6771054e58030000007965"
     "7371068858020000006e6f71078958040000007465787471085803000000c3a90a7109580500000062797465"
     "73710a430200ff710b58060000006e6573746564710c5d710d285d710e7d710f298571106558050000006167"
     "61696e7111680258070000006f726465726564711263636f6c6c656374696f6e730a4f726465726564446963"
     "740a7113295271142858010000006271154b0158010000006171164b0275752e"},
    {4,
     "800495ec000000000000007d94288c076e756d62657273945d94284b004bff4dffff4affffffff4affffff7f"
     "8a060000000000018a060000000000ff8a08ffffffffffffff7f8a080000000000000080658c047265616c94"
     "473fb999999999999a47fe37e43c8800759c86948c076e6f7468696e67944e8c0379657394888c026e6f9489"
     "8c0474657874948c03c3a90a948c05627974657394430200ff948c066e6573746564945d94285d947d942985"
     "94658c05616761696e9468028c076f726465726564948c0b636f6c6c656374696f6e73948c0b4f7264657265"
     "6444696374949394295294288c0162944b018c0161944b0275752e"},
    {5,
     "800595ec000000000000007d94288c076e756d62657273945d94284b004bff4dffff4affffffff4affffff7f"
     "8a060000000000018a060000000000ff8a08ffffffffffffff7f8a080000000000000080658c047265616c94"
     "473fb999999999999a47fe37e43c8800759c86948c076e6f7468696e67944e8c0379657394888c026e6f9489"
     "8c0474657874948c03c3a90a948c05627974657394430200ff948c066e6573746564945d94285d947d942985"
     "94658c05616761696e9468028c076f726465726564948c0b636f6c6c656374696f6e73948c0b4f7264657265"
     "6444696374949394295294288c0162944b018c0161944b0275752e"},
};

TEST(Unpickle, ReadsWhatPythonWritesInEachProtocol) {
  const std::string numbers =
      "[0, 255, 65535, -1, 2147483647, 1099511627776, -1099511627776, 9223372036854775807, "
      "-9223372036854775808]";
  for (const auto& [protocol, hex] : kPickles) {
    const std::string bytes = bytes_of(hex);
    Unpickler unpickler(bytes, "w.bin", kNoRules);
    const std::string raw =
        protocol == 2 ? "" : base::format("'bytes': '{}', ", std::string("\x00\xff", 2));
    EXPECT_EQ(
        shown(unpickler.run()),
        base::format("{{'numbers': {0}, 'real': [0.1, -1e+300], 'nothing': None, 'yes': True, "
                     "'no': False, 'text': 'é\n', {1}'nested': [[], {{}}, [[]]], 'again': "
                     "{0}, 'ordered': {{'b': 1, 'a': 2}}}}",
                     numbers, raw))
        << "protocol " << protocol;
  }
}

// `value["again"] is value["numbers"]` in Python.
TEST(Unpickle, WhatIsOneObjectStaysOne) {
  for (const auto& [protocol, hex] : kPickles) {
    const std::string bytes = bytes_of(hex);
    Unpickler unpickler(bytes, "w.bin", kNoRules);
    const PickleValue value = unpickler.run();
    const auto& items = std::get<Dict*>(value)->items;
    const auto& again = items[items.size() - 2];
    EXPECT_EQ(std::get<std::string_view>(again.first), "again");
    EXPECT_EQ(std::get<PickleList*>(again.second), std::get<PickleList*>(items[0].second));
  }
}

// Python: x = []; x.append(x); pickle.dumps(x, 2).
TEST(Unpickle, AListMayHoldItself) {
  const std::string bytes = bytes_of("80025d71006800612e");
  Unpickler unpickler(bytes, "w.bin", kNoRules);
  const PickleValue value = unpickler.run();
  auto* const list = std::get<PickleList*>(value);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(std::get<PickleList*>(list->front()), list);
}

// Python: pickle.dumps of an object whose __reduce__ returns (os.system, ("true",)).
TEST(Unpickle, RefusesACallByName) {
  for (const char* hex :
       {"800263706f7369780a73797374656d0a710058040000007472756571018571025271032e",
        "8004951f000000000000008c05706f736978948c0673797374656d9493948c047472756594859452942e"})
    EXPECT_THAT(message([&] {
                  const std::string bytes = bytes_of(hex);
                  Unpickler(bytes, "w.bin", kNoRules).run();
                }),
                AllOf(HasSubstr("w.bin: refuses to run"), HasSubstr("system'")));
}

// The names that the rules know reach them with their arguments.
TEST(Unpickle, GivesCallsToTheRules) {
  const std::string bytes =
      bytes_of("800263706f7369780a73797374656d0a710058040000007472756571018571025271032e");
  std::string called;
  Unpickler unpickler(bytes, "w.bin",
                      {.known = [](std::string_view) { return true; },
                       .call =
                           [&](std::string_view name, const PickleList& arguments) {
                             called = std::string(name) + shown(arguments);
                             return PickleValue(int64_t{7});
                           },
                       .storage = {}});
  EXPECT_EQ(std::get<int64_t>(unpickler.run()), 7);
  EXPECT_THAT(called, ::testing::EndsWith(".system['true']"));
}

TEST(Unpickle, NumbersBeyond64BitsAreDamage) {
  EXPECT_THAT(message([] {
                const std::string bytes = bytes_of("80028a090000000000000000012e");  // 2**64
                Unpickler(bytes, "w.bin", kNoRules).run();
              }),
              HasSubstr("w.bin: its pickle is damaged"));
}

TEST(Unpickle, EveryCutIsDamage) {
  for (const auto& [protocol, hex] : kPickles) {
    const std::string whole = bytes_of(hex);
    for (size_t size = 0; size < whole.size(); ++size)
      EXPECT_THAT(message([&] {
                    Unpickler(std::string_view(whole).substr(0, size), "w.bin", kNoRules).run();
                  }),
                  HasSubstr("damaged"))
          << "protocol " << protocol << ", " << size << " bytes";
  }
}

TEST(Unpickle, NamesAnOperationThatWeightsDoNotNeed) {
  EXPECT_THAT(message([] { Unpickler(std::string_view("\x80\x02V1\n.", 6), "w", kNoRules).run(); }),
              HasSubstr("the operation 0x56"));
}

}  // namespace
}  // namespace lorahub::checkpoint::testing
