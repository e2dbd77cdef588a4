#include "study/schema.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.hpp"
#include "study/knobs.hpp"
#include "study/pieces.hpp"

namespace lorahub::study {
namespace {

using OrderedJson = nlohmann::ordered_json;

// A number or a word, or the knob's default by its name.
OrderedJson or_auto(OrderedJson schema) {
  return {{"anyOf", {std::move(schema), {{"const", "auto"}}}}};
}

OrderedJson of_range(Range range) {
  OrderedJson schema{{"type", "number"}};
  if (range == Range::positive || range == Range::fraction) schema["exclusiveMinimum"] = 0;
  if (range == Range::from_zero || range == Range::rate) schema["minimum"] = 0;
  if (range == Range::rate) schema["exclusiveMaximum"] = 1;
  if (range == Range::fraction) schema["maximum"] = 1;
  return schema;
}

struct SchemaOfKind {
  // An unquoted name may look like a number.
  OrderedJson operator()(const WordKind&) const { return {{"type", {"string", "number"}}}; }
  OrderedJson operator()(const IntegerKind& kind) const {
    return or_auto(
        {{"type", "integer"}, {"minimum", kind.limits.least}, {"maximum", kind.limits.most}});
  }
  OrderedJson operator()(const RealKind& kind) const { return or_auto(of_range(kind.range)); }
  OrderedJson operator()(const SeedKind&) const {
    return {{"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<uint64_t>::max()}};
  }
  OrderedJson operator()(const ChoiceKind& kind) const { return or_auto({{"enum", kind.words()}}); }
  OrderedJson operator()(const PhraseKind& kind) const { return OrderedJson::parse(kind.schema()); }
};

OrderedJson default_value(const Knob& knob) {
  const std::string text = default_text(knob);
  OrderedJson number = OrderedJson::parse(text, nullptr, false);
  return number.is_number() ? number : OrderedJson(text);
}

std::string description(const Knob& knob) {
  std::string text(knob.meaning);
  if (knob.unit != "none" && knob.unit != "1")
    text += base::format(" [{}]", std::string_view(knob.unit));
  return base::format("{}; read by {}", text, readers(knob));
}

std::string words_of_methods() {
  std::string text;
  for (const MethodInfo& row : kMethods)
    text += base::format("; {}: {}", std::string_view(row.word), std::string_view(row.meaning));
  return text;
}

OrderedJson definition(const Knob& knob) {
  OrderedJson schema = std::visit(SchemaOfKind{}, knob.kind);
  schema["description"] = description(knob) + (knob.name == "method" ? words_of_methods() : "");
  if (!default_text(knob).empty()) schema["default"] = default_value(knob);
  return schema;
}

// What stands beside the name of a knob: one value, a list of values, or either.
enum class Wants { value, list, either };

OrderedJson wanted(const Knob& knob, Wants wants) {
  const OrderedJson value{{"$ref", base::format("#/definitions/{}", std::string_view(knob.name))}};
  const OrderedJson list{{"type", "array"}, {"items", value}, {"minItems", 1}};
  if (wants == Wants::value) return value;
  if (wants == Wants::list) return list;
  return {{"anyOf", {value, list}}};
}

OrderedJson closed(OrderedJson properties) {
  return {{"type", {"object", "null"}},
          {"additionalProperties", false},
          {"properties", std::move(properties)}};
}

// A section of knobs, dotted or nested one level: `search.budget: 40` or `search: {budget: 40}`.
// A list of tasks may stand under `set`, and `all` in the place of a list of tasks.
OrderedJson section(Wants wants) {
  OrderedJson properties = OrderedJson::object(), groups = OrderedJson::object();
  for (const Knob& knob : knobs()) {
    const std::string name(knob.name);
    const bool task = knob.name == "task";
    properties[name] = wanted(knob, task ? Wants::either : wants);
    if (task && wants == Wants::list) properties[name]["anyOf"][0] = {{"const", "all"}};
    if (const size_t dot = name.find('.'); dot != name.npos)
      groups[name.substr(0, dot)][name.substr(dot + 1)] = wanted(knob, wants);
  }
  for (const auto& [name, inner] : groups.items()) {
    OrderedJson group = closed(inner);
    properties[name] =
        properties.contains(name) ? OrderedJson{{"anyOf", {properties[name], group}}} : group;
  }
  return closed(std::move(properties));
}

OrderedJson described(OrderedJson schema, const char* what) {
  schema["description"] = what;
  return schema;
}

OrderedJson pieces() {
  OrderedJson kinds = OrderedJson::object();
  for (const std::string& kind : piece_kinds())
    kinds[kind] = {{"type", "string"}, {"description", base::format("configs/{}/NAME.yaml", kind)}};
  return kinds;
}

}  // namespace

std::string json_schema() {
  OrderedJson definitions = OrderedJson::object();
  for (const Knob& knob : knobs()) definitions[std::string(knob.name)] = definition(knob);
  const OrderedJson sections{
      {"question",
       {{"type", "string"}, {"minLength", 1}, {"description", "what the results are to answer"}}},
      {"uses", described(closed(pieces()), "files of configs/ by name")},
      {"set", described(section(Wants::value), "knobs that are fixed for the whole study")},
      {"vary", described(section(Wants::list),
                         "lists of values that are multiplied out, the last one fastest")},
      {"zip", described(section(Wants::list), "lists of one length that move together")}};
  const OrderedJson schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                           {"title", "A study of lorahub"},
                           {"type", "object"},
                           {"additionalProperties", false},
                           {"properties", sections},
                           {"definitions", definitions}};
  return schema.dump(1) + "\n";
}

}  // namespace lorahub::study
