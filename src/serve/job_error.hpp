// Why a job failed, in words for whoever asked for it: they have no command line, and can't mend
// the service's machine.
#pragma once
#include <exception>
#include <string>

#include "serve/catalog.hpp"
#include "serve/job_folder.hpp"
#include "serve/service_job.hpp"

namespace lorahub::serve {

// The sentence of what was thrown while the job was computed: problem (why it matters), suggestion.
// It does not say where models, libraries and the job's own files lie.
std::string job_error(const std::exception_ptr& error, const ServiceJob& job,
                      const Catalog& catalog, const JobFolder& files);

// A sentence whose advice needs the command line, with advice for clients in its place.
std::string for_clients(const std::string& sentence);

}  // namespace lorahub::serve
