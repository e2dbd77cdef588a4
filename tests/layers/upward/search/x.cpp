#include "objective/objective.hpp"
