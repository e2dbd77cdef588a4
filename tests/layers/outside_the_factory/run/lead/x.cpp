#include "run/lead/methods/methods.hpp"
