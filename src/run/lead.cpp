#include "run/lead.hpp"

#include <optional>

#include "base/check.hpp"

namespace lorahub::run {

int lead_or_serve(workers::Group& group, const std::function<Site()>& make_site,
                  const std::function<int(Site&)>& lead) {
  if (!group.is_coordinator()) {
    std::optional<Site> site;
    return group.serve([&](const std::string& request) {
      if (!site) site.emplace(make_site());
      return site->handle(request);
    });
  }
  int code = 1;  // of an exception that is a bug
  try {
    Site site = make_site();
    code = lead(site);
  } catch (const base::Error&) {
    group.dismiss(2);
    throw;
  } catch (const base::Interrupted&) {
    group.dismiss(75);
    throw;
  } catch (...) {
    group.dismiss(code);
    throw;
  }
  group.dismiss(code);
  return code;
}

}  // namespace lorahub::run
