#include "run/lead/ledger.hpp"
