// A row of the table of knobs, from which WITHOUT_KIND and so on leave a part out (refuses.sh).
#include "study/knobs.hpp"

namespace lorahub::study {

bool always(const Trial&) { return true; }

constexpr Knob kRow{
#ifndef WITHOUT_NAME
    .name = "row",
#endif
#ifndef WITHOUT_KIND
    .kind = IntegerKind{field<&Trial::rank>, {.least = 0}},
#endif
#ifdef EMPTY_UNIT
    .unit = "",
#elif !defined(WITHOUT_UNIT)
    .unit = "1",
#endif
#ifdef EMPTY_MEANING
    .meaning = "",
#elif !defined(WITHOUT_MEANING)
    .meaning = "what it means",
#endif
#ifndef WITHOUT_READER
    .read_by = always,
#endif
};

static_assert(kRow.changes_loss(Trial{}) && kRow.is_column);

}  // namespace lorahub::study
