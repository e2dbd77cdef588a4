#include "serve/openapi.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "plan/environment.hpp"
#include "run/adapted_json.hpp"
#include "serve/input_fields.hpp"
#include "serve/openapi_library.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::ordered_json;

ordered_json schema_of(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

ordered_json content_of(const ordered_json& schema) {
  return {{"application/json", {{"schema", schema}}}};
}

ordered_json answer(const std::string& meaning, const ordered_json& schema) {
  return {{"description", meaning}, {"content", content_of(schema)}};
}

ordered_json input_schema(const std::vector<InputField>& fields) {
  ordered_json properties = ordered_json::object();
  int place = 0;
  for (const InputField& field : fields) {
    ordered_json schema = ordered_json::parse(field.schema);
    schema["description"] = field.meaning;
    schema["x-order"] = place++;
    properties[field.name] = schema;
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

ordered_json list_of(const char* type) { return {{"type", "array"}, {"items", {{"type", type}}}}; }

ordered_json schema_of(run::AdaptedKind kind) {
  switch (kind) {
    case run::AdaptedKind::text:
      return {{"type", "string"}};
    case run::AdaptedKind::integer:
      return {{"type", "integer"}};
    case run::AdaptedKind::number:
      return {{"type", "number"}};
    case run::AdaptedKind::texts:
      return list_of("string");
    case run::AdaptedKind::numbers:
      return list_of("number");
    case run::AdaptedKind::objects:
      return list_of("object");
    case run::AdaptedKind::object:
      break;
  }
  return {{"type", "object"}};
}

// What an adaptation found, and the archive and the files of its adapter.
ordered_json output_schema() {
  ordered_json properties{{"adapter", {{"type", "string"}}}, {"files", {{"type", "object"}}}};
  for (const run::AdaptedField& field : run::adapted_fields()) {
    properties[field.name] = schema_of(field.kind);
    properties[field.name]["description"] = field.meaning;
  }
  return {{"type", "object"}, {"nullable", true}, {"properties", properties}};
}

ordered_json infer_output_schema() {
  return {{"type", "object"},
          {"nullable", true},
          {"properties", {{"answers", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}};
}

// As `lorahub probe --json`, without the similarities.
ordered_json probe_output_schema() {
  const ordered_json number{{"type", "number"}}, text{{"type", "string"}};
  ordered_json module{{"name", text}, {"rank", {{"type", "integer"}}}};
  for (const char* name : {"loss", "accuracy", "changed", "norm_a", "norm_b", "norm_ba"})
    module[name] = number;
  return {
      {"type", "object"},
      {"nullable", true},
      {"properties",
       {{"base", {{"type", "object"}, {"properties", {{"loss", number}, {"accuracy", number}}}}},
        {"modules", {{"type", "array"}, {"items", {{"type", "object"}, {"properties", module}}}}},
        {"left_out", list_of("string")},
        {"shots_sha256", text}}}};
}

ordered_json one_of(const std::vector<std::string>& names) {
  ordered_json schemas = ordered_json::array();
  for (const std::string& name : names) schemas.push_back(schema_of(name));
  return {{"oneOf", schemas}};
}

ordered_json estimate_schema() {
  const ordered_json number{{"type", "number"}, {"nullable", true}};
  return {{"type", "object"},
          {"properties",
           {{"expected_seconds", number},
            {"starts_in_seconds", number},
            {"warnings", list_of("string")},
            {"waiting", {{"type", "integer"}}}}}};
}

ordered_json prediction_schema() {
  const ordered_json number_or_none{{"type", "number"}, {"nullable", true}};
  const ordered_json text{{"type", "string"}}, text_or_none{{"type", "string"}, {"nullable", true}};
  return {{"type", "object"},
          {"required", {"id", "status", "input"}},
          {"properties",
           {{"id", text},
            {"status",
             {{"type", "string"},
              {"enum", {"starting", "processing", "succeeded", "failed", "canceled"}}}},
            {"model",
             {{"type", "string"}, {"enum", {"lorahub/adapt", "lorahub/infer", "lorahub/probe"}}}},
            {"input", one_of({"Input", "InferInput", "ProbeInput"})},
            {"output", one_of({"Output", "InferOutput", "ProbeOutput"})},
            {"error", text_or_none},
            {"logs", text},
            {"created_at", text_or_none},
            {"started_at", text_or_none},
            {"completed_at", text_or_none},
            {"metrics", {{"type", "object"}}},
            {"queue_position", {{"type", "integer"}, {"nullable", true}}},
            {"starts_in_seconds", number_or_none},
            {"expected_seconds", number_or_none},
            {"progress", {{"type", "object"}, {"nullable", true}}},
            {"warnings", list_of("string")},
            {"command", text}}}};
}

ordered_json request_schema() {
  return {
      {"type", "object"},
      {"required", {"input"}},
      {"properties",
       {{"id", {{"type", "string"}}},
        {"input", one_of({"Input", "InferInput", "ProbeInput"})},
        {"webhook", {{"type", "string"}}},
        {"webhook_events_filter",
         {{"type", "array"},
          {"minItems", 1},
          {"items", {{"type", "string"}, {"enum", {"start", "output", "logs", "completed"}}}}}}}}};
}

ordered_json id_parameter() {
  return {{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

ordered_json creation(const std::string& summary) {
  const ordered_json prediction = schema_of("Prediction"), refusal = schema_of("Refusal");
  return {{"summary", summary},
          {"requestBody", {{"required", true}, {"content", content_of(schema_of("Request"))}}},
          {"responses",
           {{"200", answer("The prediction has ended.", prediction)},
            {"202", answer("It waits, or is computed.", prediction)},
            {"400", answer("The body is no JSON object.", refusal)},
            {"401", answer("The token is missing or wrong.", refusal)},
            {"409", answer("The id is in use for another input.", refusal)},
            {"415", answer("The body's type is not JSON.", refusal)},
            {"422", answer("The input is wrong.", refusal)},
            {"429", answer("There is no room for it now; Retry-After says when.", refusal)},
            {"507", answer("The service can't write to its disk.", refusal)}}}};
}

ordered_json reading(const std::string& summary, const ordered_json& schema) {
  return {{"summary", summary},
          {"responses",
           {{"200", answer(summary, schema)},
            {"401", answer("The token is missing or wrong.", schema_of("Refusal"))},
            {"404", answer("There is none of that name.", schema_of("Refusal"))}}}};
}

ordered_json with_id(ordered_json operation) {
  operation["parameters"] = {id_parameter()};
  return operation;
}

ordered_json removal() {
  ordered_json operation = reading("Removes a prediction that has ended, with its files.",
                                   ordered_json{{"type", "object"}});
  operation["responses"]["409"] = answer("It has not ended.", schema_of("Refusal"));
  return operation;
}

ordered_json estimation() {
  ordered_json operation = reading(
      "How long an adaptation or a probe would take, and when it would begin.", estimate_schema());
  operation["requestBody"] = {{"required", true}, {"content", content_of(schema_of("Request"))}};
  for (const auto& [code, meaning] :
       {std::pair("400", "The body is no JSON object."), std::pair("422", "The input is wrong.")})
    operation["responses"][code] = answer(meaning, schema_of("Refusal"));
  return operation;
}

ordered_json listing() {
  ordered_json operation =
      reading("Predictions, the latest 100 first; `next` is the path of the page after them.",
              ordered_json{{"type", "object"}});
  for (const char* name : {"cursor", "status"})
    operation["parameters"].push_back(
        {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  operation["responses"]["422"] = answer("The cursor is that of no page.", schema_of("Refusal"));
  return operation;
}

ordered_json paths() {
  const ordered_json prediction = schema_of("Prediction"), object{{"type", "object"}};
  return {
      {"/predictions",
       {{"post", creation("Adapts, and answers when that has ended; at once with the field "
                          "`Prefer: respond-async`.")},
        {"get", listing()}}},
      {"/predictions/{id}",
       {{"put",
         with_id(creation("The same under an id of the client's; sent twice, it runs once."))},
        {"get", with_id(reading("The prediction.", prediction))},
        {"delete", with_id(removal())}}},
      {"/api/estimate", {{"post", estimation()}}},
      {"/predictions/{id}/cancel", {{"post", with_id(reading("Ends the prediction.", object))}}},
      {"/v1/webhooks/default/secret",
       {{"get", reading("The key by which webhooks are signed.", object)}}},
      {"/api/studies", {{"get", reading("The studies of the results folders.", object)}}},
      {"/api/studies/{id}",
       {{"get", with_id(reading("How far the study is, as `lorahub status --json`.", object))}}},
      {"/api/studies/{id}/trials", {{"get", with_id(reading("Its trials.", object))}}},
      {"/api/service", {{"get", reading("Models, libraries and the queue.", object)}}},
      {"/health-check", {{"get", reading("Whether the service is ready.", object)}}}};
}

}  // namespace

std::string schema_prefix(JobKind kind) {
  if (kind == JobKind::adapt) return "";
  return kind == JobKind::infer ? "Infer" : "Probe";
}

std::string openapi() {
  ordered_json all = paths();
  all.update(ordered_json::parse(library_paths()));
  return base::json_text(ordered_json{
      {"openapi", "3.0.2"},
      {"info",
       {{"title", "lorahub"},
        {"description", "Few examples in, one LoRA adapter composed of a library's modules out."},
        {"version", plan::environment().at("version")}}},
      {"security", {{{"token", ordered_json::array()}}}},
      {"paths", all},
      {"components",
       {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"schemas",
         {{"Input", input_schema(input_fields())},
          {"Output", output_schema()},
          {"InferInput", input_schema(infer_fields())},
          {"InferOutput", infer_output_schema()},
          {"ProbeInput", input_schema(probe_fields())},
          {"ProbeOutput", probe_output_schema()},
          {"Prediction", prediction_schema()},
          {"Request", request_schema()},
          {"Refusal",
           {{"type", "object"},
            {"required", {"detail"}},
            {"properties",
             {{"detail",
               {{"oneOf",
                 {{{"type", "string"}},
                  {{"type", "array"}, {"items", ordered_json::object()}}}}}}}}}}}}}}});
}

}  // namespace lorahub::serve
