#include "serve/openapi_library.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/escape.hpp"
#include "base/text.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::ordered_json;

const ordered_json& text_schema() {
  static const ordered_json schema{{"type", "string"}};
  return schema;
}

ordered_json object_schema(const ordered_json& properties,
                           const std::vector<std::string>& required) {
  ordered_json schema{{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

const std::map<int, const char*>& meanings() {
  static const std::map<int, const char*> words{
      {400, "The request or its body is wrong."},
      {401, "The token is missing or wrong."},
      {403, "The library takes no modules, or there are no such commits."},
      {404, "There is none of that name."},
      {409, "The name is taken, or there is no result as yet."},
      {412, "The module has changed since."},
      {413, "The body is too long."},
      {415, "The body's type is another one."},
      {422, "It is refused, with the reason."},
      {429, "Too many requests of this kind wait."},
      {507, "There is no room for it: of the user, or on the service's disk."}};
  return words;
}

struct Operation {
  std::string summary;
  std::vector<std::string> places;  // of the path
  std::vector<std::string> query = {};
  int good = 200;
  std::string type = "application/json";  // of the good answer
  std::vector<int> refusals = {400, 401, 404};
  ordered_json body = nullptr;  // its schema
  std::string body_type = "application/json";
};

ordered_json described(const Operation& what) {
  ordered_json parameters = ordered_json::array(), responses = ordered_json::object();
  for (const std::string& name : what.places)
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", text_schema()}});
  for (const std::string& name : what.query)
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", text_schema()}});
  const ordered_json schema =
      what.type == "application/json" ? ordered_json::object() : text_schema();
  responses[std::to_string(what.good)] = {{"description", what.summary},
                                          {"content", {{what.type, {{"schema", schema}}}}}};
  for (const int code : what.refusals)
    responses[std::to_string(code)] = {
        {"description", meanings().at(code)},
        {"content",
         {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Refusal"}}}}}}}};
  ordered_json operation{
      {"summary", what.summary}, {"parameters", parameters}, {"responses", responses}};
  if (!what.body.is_null())
    operation["requestBody"] = {{"required", true},
                                {"content", {{what.body_type, {{"schema", what.body}}}}}};
  return operation;
}

const std::vector<int>& changing() {
  static const std::vector<int> codes{400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 507};
  return codes;
}

ordered_json repository_body() {
  return object_schema({{"name", text_schema()},
                        {"organization", {{"type", "string"}, {"nullable", true}}},
                        {"type", {{"type", "string"}, {"enum", {"model"}}}}},
                       {"name"});
}

ordered_json files_body() {
  const ordered_json file = object_schema({{"path", text_schema()},
                                           {"size", {{"type", "integer"}, {"minimum", 0}}},
                                           {"sample", text_schema()}},
                                          {"path", "size"});
  return object_schema({{"files", {{"type", "array"}, {"items", file}}}}, {"files"});
}

ordered_json publication_body() {
  return object_schema({{"name", text_schema()},
                        {"library", text_schema()},
                        {"task", text_schema()},
                        {"license", text_schema()},
                        {"self_test", {{"type", "boolean"}}}},
                       {"name"});
}

ordered_json reading() {
  const std::vector<std::string> module{"library", "module"};
  const std::vector<std::string> revision{"library", "module", "revision"};
  return {
      {"/api/libraries/{name}/modules",
       {{"get", described({.summary = "The modules of a library, and those on their way into it.",
                           .places = {"name"},
                           .query = {"search", "limit", "skip"}})}}},
      {"/api/libraries/{name}/similarity",
       {{"get", described({.summary = "How alike the modules of a library are: cosines between "
                                      "what they add.",
                           .places = {"name"},
                           .query = {"search", "model"},
                           .refusals = {400, 401, 404, 429}})}}},
      {"/api/models",
       {{"get", described({.summary = "All modules, as Hugging Face's clients list models.",
                           .places = {},
                           .query = {"search", "author", "limit", "cursor"}})}}},
      {"/api/models/{library}/{module}",
       {{"get", described({.summary = "A module.", .places = module})}}},
      {"/api/models/{library}/{module}/revision/{revision}",
       {{"get", described({.summary = "A module at a revision.", .places = revision})}}},
      {"/api/models/{library}/{module}/tree/{revision}",
       {{"get", described({.summary = "The files of a module.", .places = revision})}}},
      {"/{library}/{module}/resolve/{revision}/{file}",
       {{"get", described({.summary = "A file of a module.",
                           .places = {"library", "module", "revision", "file"},
                           .type = "application/octet-stream"})}}},
      {"/api/whoami-v2", {{"get", described({.summary = "Who calls.", .places = {}})}}},
      {"/metrics",
       {{"get",
         described({.summary = "Counts for Prometheus.", .places = {}, .type = "text/plain"})}}}};
}

ordered_json writing() {
  const std::vector<std::string> revision{"library", "module", "revision"};
  return {
      {"/api/repos/create",
       {{"post", described({.summary = "Takes a name in an open library.",
                            .places = {},
                            .refusals = changing(),
                            .body = repository_body()})}}},
      {"/api/repos/delete",
       {{"delete", described({.summary = "Deletes a module of an open library.",
                              .places = {},
                              .refusals = changing(),
                              .body = repository_body()})}}},
      {"/api/validate-yaml",
       {{"post",
         described({.summary = "Whether a card can be read.",
                    .places = {},
                    .refusals = {400, 401, 415, 422},
                    .body = object_schema({{"content", text_schema()}, {"repoType", text_schema()}},
                                          {"content"})})}}},
      {"/api/models/{library}/{module}/preupload/{revision}",
       {{"post", described({.summary = "Which files are taken: weights up to the "
                                       "`max_upload_bytes` of /api/service.",
                            .places = revision,
                            .refusals = changing(),
                            .body = files_body()})}}},
      {"/api/models/{library}/{module}/commit/{revision}",
       {{"post", described({.summary = "Files of a module: it is checked, and listed.",
                            .places = revision,
                            .refusals = changing(),
                            .body = text_schema(),
                            .body_type = "application/x-ndjson"})}}},
      {"/predictions/{id}/publish",
       {{"post", described({.summary = "Puts the adapter into an open library.",
                            .places = {"id"},
                            .good = 201,
                            .refusals = changing(),
                            .body = publication_body()})}}}};
}

}  // namespace

std::string library_paths() {
  ordered_json paths = reading();
  paths.update(writing());
  return base::json_text(paths);
}

}  // namespace lorahub::serve
