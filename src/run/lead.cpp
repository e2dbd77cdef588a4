#include "run/lead.hpp"

#include "base/check.hpp"

namespace lorahub::run {

int lead_or_serve(workers::Group& group, const std::function<std::unique_ptr<Site>()>& make_site,
                  const std::function<int(Site&)>& lead) {
  if (!group.is_coordinator()) {
    std::unique_ptr<Site> site;
    return group.serve([&](const std::string& request) {
      if (!site) site = make_site();
      return site->handle(request);
    });
  }
  int code = 70;  // of an exception that is a bug
  try {
    const auto site = make_site();
    code = lead(*site);
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
