// What the routes have in common that change a library: refusals in the words that Hugging Face's
// clients show, and what they read from a body.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "serve/intake.hpp"
#include "serve/routes.hpp"

namespace lorahub::serve {

inline constexpr const char* kHubOwner = "lorahub";  // the name of the only library for everyone
// The commit of a module that has no files as yet.
inline constexpr const char* kNoCommit = "0000000000000000000000000000000000000000";
// The library that a client means by the first part of a module's id.
std::string own_library(const Catalog& catalog, const std::string& owner);

net::HttpResponse hub_refusal(int status, const std::string& sentence,
                              const std::string& code = "");
// The sentence of a refusal, about a name that a JSON object of the body has twice.
std::string twice_sentence(const std::string& name);

// A refusal that is thrown on the way.
struct Refused {
  net::HttpResponse response;
};
[[noreturn]] void throw_refusal(int status, const std::string& sentence,
                                const std::string& code = "");

// What `act` answers, or the refusal of what it throws: 422 for an Error, 507 where there is no
// room or the machine has a fault.
template <class Act>
net::HttpResponse answered_or_refused(Act&& act) {
  try {
    return act();
  } catch (const Refused& refused) {
    return refused.response;
  } catch (const StaleCommit& error) {
    return hub_refusal(412, error.what());
  } catch (const OverQuota& error) {
    return hub_refusal(507, error.what());
  } catch (const base::FileError&) {
    return hub_refusal(507, "The service can't write to its disk, tell whoever runs it.");
  } catch (const base::Error& error) {
    return hub_refusal(422, error.what());
  } catch (const base::Interrupted&) {
    return hub_refusal(507, "The service's machine has a fault, tell whoever runs it.");
  }
}

// The JSON object in a request's body. Each function refuses (422) what is of another type.
class RequestObject {
 public:
  explicit RequestObject(const net::HttpRequest& request);  // 415 or 400 where there is none
  std::vector<std::string> keys() const;
  std::string text(const char* key) const;  // "" where it is not given
  bool truth(const char* key) const;        // false where it is not given
  std::string list(const char* key) const;  // as JSON

 private:
  struct Values;
  std::shared_ptr<const Values> values_;
};

// A name in an open library: 404 and 403 where there is no such library, or it is not open; 422 for
// a name that Hugging Face's clients would not take.
ModulePlace open_place(const Catalog& catalog, const std::string& owner, const std::string& name);

// The URL of the module with this id, under the host name by which the client has called the
// service.
std::string module_address(const net::HttpRequest& request, const std::string& id);

}  // namespace lorahub::serve
