#include "serve/openapi.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "plan/environment.hpp"
#include "serve/input_fields.hpp"

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

ordered_json input_schema() {
  ordered_json properties = ordered_json::object();
  int place = 0;
  for (const InputField& field : input_fields()) {
    ordered_json schema = ordered_json::parse(field.schema);
    schema["description"] = field.meaning;
    schema["x-order"] = place++;
    properties[field.name] = schema;
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

ordered_json output_schema() {
  const ordered_json numbers{{"type", "array"}, {"items", {{"type", "number"}}}};
  return {{"type", "object"},
          {"nullable", true},
          {"properties",
           {{"adapter", {{"type", "string"}}},
            {"files", {{"type", "object"}}},
            {"modules", {{"type", "array"}, {"items", {{"type", "string"}}}}},
            {"weights", numbers},
            {"single_loss", numbers},
            {"zero_loss", {{"type", "number"}}},
            {"loss", {{"type", "number"}}},
            {"objective", {{"type", "number"}}},
            {"evaluations", {{"type", "integer"}}},
            {"answer", {{"type", "string"}}},
            {"compared", {{"type", "array"}, {"items", {{"type", "object"}}}}}}}};
}

ordered_json prediction_schema() {
  const ordered_json text{{"type", "string"}}, text_or_none{{"type", "string"}, {"nullable", true}};
  return {{"type", "object"},
          {"required", {"id", "status", "input"}},
          {"properties",
           {{"id", text},
            {"status",
             {{"type", "string"},
              {"enum", {"starting", "processing", "succeeded", "failed", "canceled"}}}},
            {"input", schema_of("Input")},
            {"output", schema_of("Output")},
            {"error", text_or_none},
            {"logs", text},
            {"created_at", text_or_none},
            {"started_at", text_or_none},
            {"completed_at", text_or_none},
            {"metrics", {{"type", "object"}}},
            {"queue_position", {{"type", "integer"}, {"nullable", true}}},
            {"progress", {{"type", "object"}, {"nullable", true}}},
            {"command", text}}}};
}

ordered_json request_schema() {
  return {{"type", "object"},
          {"required", {"input"}},
          {"properties", {{"id", {{"type", "string"}}}, {"input", schema_of("Input")}}}};
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
            {"429", answer("The queue is full.", refusal)},
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

ordered_json paths() {
  const ordered_json prediction = schema_of("Prediction"), object{{"type", "object"}};
  return {
      {"/predictions",
       {{"post", creation("Adapts, and answers when that has ended; at once with the field "
                          "`Prefer: respond-async`.")},
        {"get", reading("All predictions, the latest first.", object)}}},
      {"/predictions/{id}",
       {{"put",
         with_id(creation("The same under an id of the client's; sent twice, it runs once."))},
        {"get", with_id(reading("The prediction.", prediction))}}},
      {"/predictions/{id}/cancel", {{"post", with_id(reading("Ends the prediction.", object))}}},
      {"/api/service", {{"get", reading("Models, libraries and the queue.", object)}}},
      {"/health-check", {{"get", reading("Whether the service is ready.", object)}}}};
}

}  // namespace

std::string openapi() {
  return base::json_text(ordered_json{
      {"openapi", "3.0.2"},
      {"info",
       {{"title", "lorahub"},
        {"description", "Few examples in, one LoRA adapter composed of a library's modules out."},
        {"version", plan::environment().at("version")}}},
      {"security", {{{"token", ordered_json::array()}}}},
      {"paths", paths()},
      {"components",
       {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"schemas",
         {{"Input", input_schema()},
          {"Output", output_schema()},
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
