#include "serve/hub_answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/json_names.hpp"
#include "base/nesting.hpp"
#include "lora/reserved_names.hpp"

namespace lorahub::serve {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kLongestName = 96;

// A field of a header holds nothing else; other sentences stand in the body alone.
bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

// Names as Hugging Face's clients allow them.
bool is_repository_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, is_allowed) &&
         name.front() != '.' && name.front() != '-' && name.find("--") == std::string::npos &&
         name.find("..") == std::string::npos && !name.ends_with(".git");
}

}  // namespace

std::string own_library(const Catalog& catalog, const std::string& name) {
  const NamedWords& libraries = catalog.libraries();
  const bool stands_for_it = name == kHubOwner && libraries.size() == 1;
  return stands_for_it ? libraries.begin()->first : name;
}

HttpResponse hub_refusal(int status, const std::string& sentence, const std::string& code) {
  HttpResponse response = net::refusal(status, sentence);
  response.body = base::json_text(ordered_json{{"error", sentence}, {"detail", sentence}});
  if (!code.empty()) response.fields.emplace_back("X-Error-Code", code);
  if (is_ascii(sentence)) response.fields.emplace_back("X-Error-Message", sentence);
  return response;
}

std::string twice_sentence(const std::string& name) {
  return base::format("`{}` is given twice (only one value could count), keep one of them.", name);
}

[[noreturn]] void throw_refusal(int status, const std::string& sentence, const std::string& code) {
  throw Refused{hub_refusal(status, sentence, code)};
}

struct RequestObject::Values {
  json object;
  const json* find(const char* key) const {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
};

RequestObject::RequestObject(const HttpRequest& request) {
  const std::string type = base::lower(request.field("content-type"));
  if (base::strip(type.substr(0, type.find(';'))) != "application/json")
    throw_refusal(415, "The body's type is not application/json, send JSON.");
  json object = json::parse(base::shallow_json(request.body), nullptr, false);
  if (!object.is_object()) throw_refusal(400, "The body is no JSON object, send one.");
  if (const auto twice = base::name_given_twice(request.body))
    throw_refusal(422, twice_sentence(*twice));
  values_ = std::make_shared<const Values>(Values{std::move(object)});
}

std::vector<std::string> RequestObject::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : values_->object.items()) keys.push_back(key);
  return keys;
}

std::string RequestObject::text(const char* key) const {
  const json* value = values_->find(key);
  if (value == nullptr) return "";
  if (!value->is_string()) throw_refusal(422, base::format("`{}` is no text, send one.", key));
  return value->get<std::string>();
}

bool RequestObject::truth(const char* key) const {
  const json* value = values_->find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean())
    throw_refusal(422, base::format("`{}` is neither true nor false, send one.", key));
  return value->get<bool>();
}

std::string RequestObject::list(const char* key) const {
  const json* value = values_->find(key);
  if (value == nullptr || !value->is_array())
    throw_refusal(422, base::format("`{}` is no list, send one.", key));
  return base::json_text(*value);
}

ModulePlace open_place(const Catalog& catalog, const std::string& owner, const std::string& name) {
  const std::string library = own_library(catalog, owner);
  if (!catalog.libraries().contains(library))
    throw_refusal(404, "There is no library of that name.", "RepoNotFound");
  if (!catalog.is_open(library))
    throw_refusal(403,
                  "This library takes no modules, whoever runs the service opens it by "
                  "--open-library.");
  if (lora::is_reserved_name(name))
    throw_refusal(422, "That is the name of a file of the library itself, choose another one.");
  if (!is_repository_name(name))
    throw_refusal(422,
                  "A module's name has 1 to 96 letters, digits, '_', '-' and '.', no '--' or '..', "
                  "and begins with none of '-' and '.'.");
  return {.library = library, .module = name};
}

std::string module_address(const HttpRequest& request, const std::string& id) {
  return base::format("http://{}/{}", request.field("host"), id);
}

}  // namespace lorahub::serve
