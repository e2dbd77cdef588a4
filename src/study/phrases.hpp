// Knobs whose values have a grammar of their own, read from YAML and written again.
#pragma once
#include <string>

namespace lorahub::study {

struct Trial;

struct Value;  // document.hpp

// Errors name the place of the value.
void read_modules(const Value& value, Trial& trial);   // a count, `all`, or a list of names
void read_shots(const Value& value, Trial& trial);     // a count, or a list of rows of the pool
void read_retrieve(const Value& value, Trial& trial);  // "none", or a way and a count: "probe 5"
void read_seeds(const Value& value, Trial& trial);     // one for all three
void read_time(const Value& value, Trial& trial);      // "none", or a number and s, min or h

std::string write_modules(const Trial& trial);
std::string modules_as_yaml(const Trial& trial);  // with names quoted where YAML needs it
std::string write_shots(const Trial& trial);
std::string write_retrieve(const Trial& trial);
std::string write_seeds(const Trial& trial);  // "" where they differ
std::string write_time(const Trial& trial);   // in seconds: "60s"

// JSON schemas of what the readers above take.
std::string modules_schema();
std::string shots_schema();
std::string retrieve_schema();
std::string seed_schema();
std::string time_schema();

}  // namespace lorahub::study
