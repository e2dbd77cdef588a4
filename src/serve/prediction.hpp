// A job as clients see it: cog's prediction, with its place in the queue and its progress.
#pragma once
#include <string>

#include "serve/jobs.hpp"

namespace lorahub::serve {

enum class ToldCourse { told, left_out };

// A JSON object. The output names files by addresses of this service.
std::string prediction(const ServiceJob& job, const Jobs& jobs,
                       ToldCourse course = ToldCourse::told);

inline constexpr const char* kArchive = "adapter.zip";  // holds all result_files()

std::string shown_status(const ServiceJob& job);

// The files of a finished job that may be fetched.
const std::vector<std::string>& result_files();

}  // namespace lorahub::serve
