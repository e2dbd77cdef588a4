#include "store/codec.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/crc32.hpp"
#include "base/nesting.hpp"
#include "store/result_columns.hpp"

namespace lorahub::store {
namespace {

using OrderedJson = nlohmann::ordered_json;
using TextPairs = std::vector<std::pair<std::string, std::string>>;

OrderedJson number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;  // shortest decimal that reads back as the same bits
}

// Error unless `ok`. The library itself would read a fraction or a truth value as an integer.
void expect(bool ok, const std::string& what, const OrderedJson& found) {
  constexpr size_t kLongest = 40;
  base::check(ok, "{} is expected where it has {}", what,
              found.dump(-1, ' ', true, OrderedJson::error_handler_t::replace).substr(0, kLongest));
}

double number(const OrderedJson& json) {
  expect(json.is_number() || json.is_string(), "a number", json);
  if (json.is_number()) return json.get<double>();
  const auto& word = json.get_ref<const std::string&>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (word == "inf") return kInfinity;
  if (word == "-inf") return -kInfinity;
  base::check(word == "nan", "'{}' is not a number", word);
  return std::numeric_limits<double>::quiet_NaN();
}

OrderedJson numbers(const std::vector<double>& values) {
  OrderedJson json = OrderedJson::array();
  for (const double value : values) json.push_back(number(value));
  return json;
}

std::vector<double> numbers(const OrderedJson& json) {
  expect(json.is_array(), "a list of numbers", json);
  std::vector<double> values;
  values.reserve(json.size());
  for (const OrderedJson& value : json) values.push_back(number(value));
  return values;
}

int64_t integer(const OrderedJson& json, int64_t most) {
  expect(json.is_number_integer(), "an integer", json);
  const bool fits =
      json.is_number_unsigned() ? json.get<uint64_t>() <= static_cast<uint64_t>(most) : false;
  expect(fits, base::format("an integer from 0 to {}", most), json);
  return json.get<int64_t>();
}

int whole(const OrderedJson& json) {
  return static_cast<int>(integer(json, std::numeric_limits<int>::max()));
}

long count(const OrderedJson& json) {
  constexpr int64_t kMost = int64_t{1} << 53;
  return integer(json, kMost);
}

std::vector<int> integers(const OrderedJson& json) {
  expect(json.is_array(), "a list of integers", json);
  std::vector<int> values;
  for (const OrderedJson& value : json) values.push_back(whole(value));
  return values;
}

bool flag(const OrderedJson& json) {
  expect(json.is_boolean(), "true or false", json);
  return json.get<bool>();
}

const OrderedJson& list(const OrderedJson& json) {
  expect(json.is_array(), "a list", json);
  return json;
}

// These are lists of pairs and not objects, since their order is that of the columns.
OrderedJson pairs(const TextPairs& values) {
  OrderedJson json = OrderedJson::array();
  for (const auto& [name, value] : values) json.push_back({name, value});
  return json;
}

TextPairs pairs(const OrderedJson& json) { return json.get<TextPairs>(); }

OrderedJson generation(const search::Generation& g) {
  OrderedJson json{{"dim", g.population.dim},
                   {"weights", numbers(g.population.weights)},
                   {"losses", numbers(g.losses)}};
  for (const search::Fault& fault : g.faults)
    json["faults"].push_back({fault.candidate, fault.cause});
  if (!g.gradient.empty()) json["gradient"] = numbers(g.gradient);
  return json;
}

search::Generation generation(const OrderedJson& json) {
  // Step by step: where a later field is refused, GCC 12 destroys a nested aggregate twice.
  search::Generation g;
  g.population.dim = whole(json.at("dim"));
  g.population.weights = numbers(json.at("weights"));
  g.losses = numbers(json.at("losses"));
  if (json.contains("faults"))
    for (const OrderedJson& fault : list(json.at("faults")))
      g.faults.push_back({.candidate = whole(fault.at(0)), .cause = fault.at(1)});
  if (json.contains("gradient")) g.gradient = numbers(json.at("gradient"));
  return g;
}

OrderedJson answers(const std::vector<Answer>& values) {
  OrderedJson json = OrderedJson::array();
  for (const Answer& a : values)
    json.push_back({{"row", a.row},
                    {"input", a.input_sha256},
                    {"target", a.target},
                    {"answer", a.answer},
                    {"hit", a.hit}});
  return json;
}

std::vector<Answer> answers(const OrderedJson& json) {
  std::vector<Answer> values;
  for (const OrderedJson& a : list(json))
    values.push_back({.row = whole(a.at("row")),
                      .input_sha256 = a.at("input"),
                      .target = a.at("target"),
                      .answer = a.at("answer"),
                      .hit = flag(a.at("hit"))});
  return values;
}

OrderedJson result(const ResultField& field, const Record& r) {
  const Cell cell = field.get(r);
  return field.kind == ColumnKind::real ? number(std::get<double>(cell))
                                        : OrderedJson(std::get<int64_t>(cell));
}

Cell result(const ResultField& field, const OrderedJson& json) {
  return field.kind == ColumnKind::real ? Cell(number(json)) : Cell(int64_t{count(json)});
}

// The results that are named here stand before `shot_sums`, the others behind it.
OrderedJson record(const Record& r, std::optional<size_t> told) {
  OrderedJson json{{"trial", r.trial},
                   {"knobs", pairs(r.knobs)},
                   {"resolved", pairs(r.resolved)},
                   {"modules", r.modules},
                   {"shot_rows", r.shot_rows},
                   {"dropped_rows", r.dropped_rows},
                   {"shot_tokens", r.shot_tokens},
                   {"shot_sha256", r.shot_sha256},
                   {"weights", numbers(r.weights)},
                   {"best_loss", nullptr},
                   {"zero_loss", nullptr},
                   {"shot_sums", numbers(r.shot_sums)}};
  for (const ResultColumn& column : result_columns())
    if (!column.journal.empty())
      json[OrderedJson::json_pointer(column.journal)] = result(column.field, r);
  json["answers"] = answers(r.answers);
  if (told) {
    json["told"] = *told;
    return json;
  }
  OrderedJson inside = OrderedJson::array();
  for (const search::Generation& g : r.generations) inside.push_back(generation(g));
  json["generations"] = std::move(inside);
  return json;
}

void restore_results(const OrderedJson& json, Record& r) {
  for (const ResultColumn& column : result_columns()) {
    const OrderedJson::json_pointer place(column.journal);
    const bool absent = column.older_journals == OlderJournals::lack_it && !json.contains(place);
    if (!column.journal.empty() && !absent)
      column.field.restore(r, result(column.field, json.at(place)));
  }
}

Record record(const OrderedJson& json) {
  Record r;
  r.trial = json.at("trial");
  r.knobs = pairs(json.at("knobs"));
  r.resolved = pairs(json.at("resolved"));
  r.modules = json.at("modules").get<std::vector<std::string>>();
  r.shot_rows = integers(json.at("shot_rows"));
  r.dropped_rows = integers(json.at("dropped_rows"));
  r.shot_tokens = integers(json.at("shot_tokens"));
  r.shot_sha256 = json.at("shot_sha256").get<std::vector<std::string>>();
  r.weights = numbers(json.at("weights"));
  r.shot_sums = numbers(json.at("shot_sums"));
  restore_results(json, r);
  r.answers = answers(json.at("answers"));
  if (json.contains("generations"))
    for (const OrderedJson& g : list(json.at("generations")))
      r.generations.push_back(generation(g));
  return r;
}

struct Encode {
  OrderedJson operator()(const Header& h) const {
    OrderedJson json{{"kind", "header"},
                     {"study", h.study},
                     {"question", h.question},
                     {"yaml", h.yaml},
                     {"command_line", h.command_line},
                     {"started_utc", h.started_utc},
                     {"environment", h.environment}};
    if (!h.planned.empty()) json["planned"] = h.planned;
    return json;
  }
  OrderedJson operator()(const Start& s) const {
    return {{"kind", "start"}, {"trial", s.trial}, {"inputs", s.inputs}, {"seconds", s.seconds}};
  }
  OrderedJson operator()(const Told& t) const {
    return {{"kind", "generation"},
            {"trial", t.trial},
            {"index", t.index},
            {"generation", generation(t.generation)}};
  }
  OrderedJson operator()(const Finish& f) const {
    return {{"kind", "finish"}, {"record", record(f.record, f.told)}};
  }
  OrderedJson operator()(const Fail& f) const {
    return {{"kind", "fail"}, {"trial", f.trial}, {"message", f.message}};
  }
};

// Error for a field of `given` that `read` lacks, since the entry then says more than this version
// understands.
void expect_known(const OrderedJson& given, const OrderedJson& read) {
  if (given.is_array() && read.is_array() && !given.empty() && given.front().is_structured())
    for (size_t i = 0; i < std::min(given.size(), read.size()); ++i)
      expect_known(given[i], read[i]);
  if (!given.is_object() || !read.is_object()) return;
  for (const auto& [name, value] : given.items()) {
    base::check(read.contains(name), "unknown field '{}' (a newer version may have written it)",
                name);
    expect_known(value, read.at(name));
  }
}

using TextsByName = std::map<std::string, std::string>;

JournalEntry entry(const OrderedJson& json) {
  const std::string kind = json.at("kind");
  if (kind == "header")
    return Header{.study = json.at("study"),
                  .question = json.at("question"),
                  .yaml = json.at("yaml"),
                  .command_line = json.at("command_line"),
                  .started_utc = json.at("started_utc"),
                  .environment = json.at("environment").get<TextsByName>(),
                  .planned = json.value("planned", std::vector<std::string>())};
  if (kind == "start")
    return Start{.trial = json.at("trial"),
                 .inputs = json.at("inputs").get<Inputs>(),
                 .seconds = number(json.at("seconds"))};
  if (kind == "generation")
    return Told{.trial = json.at("trial"),
                .index = static_cast<size_t>(count(json.at("index"))),
                .generation = generation(json.at("generation"))};
  if (kind == "finish") {
    const OrderedJson& body = json.at("record");
    Finish finish{.record = record(body), .told = {}};
    if (body.contains("told")) finish.told = static_cast<size_t>(count(body.at("told")));
    return finish;
  }
  base::check(kind == "fail", "unknown kind of entry '{}'", kind);
  return Fail{.trial = json.at("trial"), .message = json.at("message")};
}

constexpr std::string_view kBefore = "{\"crc\":\"";
constexpr std::string_view kBetween = "\",\"record\":";
constexpr size_t kCrcDigits = 8;  // of the CRC, hexadecimal
constexpr size_t kHead = kBefore.size() + kCrcDigits + kBetween.size();

}  // namespace

std::string encode(const JournalEntry& entry) {
  return std::visit(Encode{}, entry).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

JournalEntry decode(std::string_view json) {
  try {
    const OrderedJson given = OrderedJson::parse(base::shallow_json(json));
    JournalEntry read = entry(given);
    expect_known(given, std::visit(Encode{}, read));
    return read;
  } catch (const OrderedJson::exception& error) {
    base::fail("not an entry of this version of lorahub ({})", error.what());
  }
}

std::string frame(std::string_view json) {
  return base::format("{}{:08x}{}{}}}\n", kBefore, base::crc32(json), kBetween, json);
}

std::string_view unframe(std::string_view line) {
  if (line.size() <= kHead || !line.starts_with(kBefore) || line.back() != '}') return {};
  const std::string_view json = line.substr(kHead, line.size() - kHead - 1);
  const bool same =
      line.substr(kBefore.size(), kCrcDigits) == base::format("{:08x}", base::crc32(json)) &&
      line.substr(kBefore.size() + kCrcDigits, kBetween.size()) == kBetween;
  return same ? json : std::string_view{};
}

}  // namespace lorahub::store
