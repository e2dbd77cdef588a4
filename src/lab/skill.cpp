#include "lab/skill.hpp"

#include "base/check.hpp"

namespace lorahub::lab {

const std::vector<Skill>& skills() {
  using enum AnswerKind;
  using enum Form;
  static const std::vector<Skill> all{
      {"max", choice, word, {"choose the largest", "which is biggest"}, .8, ask_max},
      {"min", choice, word, {"choose the smallest", "which is least"}, .8, ask_min},
      {"find", choice, word, {"locate the same word", "which is the same as"}, 1, ask_find},
      {"odd", choice, word, {"choose the odd one out", "which does not belong"}, 1.3, ask_odd},
      {"kind", choice, word, {"choose the kind of", "what sort of thing is"}, .8, ask_kind},
      {"isa", choice, word, {"choose an example of", "which one is a"}, .8, ask_isa},
      {"opp", choice, word, {"choose the opposite of", "which is contrary to"}, .8, ask_opposite},
      {"after", choice, word, {"choose the number after", "which follows"}, .8, ask_after},
      {"color", choice, word, {"what color", "choose the color"}, 1.3, ask_color},
      {"twice", choice, word, {"which word is doubled", "choose the repeated word"}, 1, ask_twice},
      {"last", choice, word, {"which word is at the end", "choose the final word"}, 1, ask_last},
      {"first",
       choice,
       word,
       {"which word is at the start", "choose the opening word"},
       .8,
       ask_first},
      {"miss", choice, word, {"which word is absent", "choose the missing word"}, 1, ask_missing},
      {"member", yes_no, yes, {"is it in the list", "does the list contain it"}, .8, ask_member},
      {"bool", yes_no, yes, {"does it hold", "work out the logic"}, 1.3, ask_bool},
      {"even", yes_no, yes, {"is it even", "can it be halved"}, .3, ask_even},
      {"same", yes_no, yes, {"are they the same kind", "do they match"}, .8, ask_same},
      {"balanced",
       yes_no,
       truth,
       {"are the brackets balanced", "is it well formed"},
       .6,
       ask_balanced},
      {"dyck", list, plain, {"close the brackets", "finish the brackets"}, 1.2, ask_brackets},
      {"len", number, digit, {"how many words", "length"}, .5, ask_length},
      {"add", number, digit, {"add them", "find the sum"}, .7, ask_sum},
      {"sub", number, digit, {"subtract", "find the difference"}, .7, ask_difference},
      {"succ", number, digit, {"what comes after", "one more"}, .3, ask_successor},
      {"pred", number, digit, {"what comes before", "one less"}, .3, ask_predecessor},
      {"dbl", number, digit, {"multiply by two", "two times"}, .3, ask_double},
      {"copy", list, plain, {"repeat", "say again"}, .6, ask_copy},
      {"rev", list, plain, {"reverse", "say backwards"}, 1, ask_reverse},
      {"swap", list, plain, {"exchange the ends", "swap the ends"}, .9, ask_swap},
      {"rot", list, plain, {"rotate", "move the first word to the end"}, .9, ask_rotate},
      {"sort", list, plain, {"sort up", "put in rising order"}, 1, ask_rising},
      {"desc", list, plain, {"sort down", "put in falling order"}, 1, ask_falling},
      {"cats", list, plain, {"name the kind of each", "label each word"}, .8, ask_labels},
      {"opps", list, plain, {"give the opposite of each", "turn each around"}, .8, ask_opposites},
      {"abc",
       choice,
       word,
       {"choose the first in the alphabet", "which name opens the alphabet"},
       0,
       ask_alphabet}};
  return all;
}

const Skill& skill(const std::string& name) {
  std::vector<std::string> names;
  for (const Skill& skill : skills()) {
    if (skill.name == name) return skill;
    names.push_back(skill.name);
  }
  base::fail("no skill '{}' (there are: {}){}", name, base::join(names, ", "),
             base::did_you_mean(name, names));
}

}  // namespace lorahub::lab
