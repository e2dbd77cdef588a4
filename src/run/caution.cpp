#include "run/caution.hpp"

#include "base/text.hpp"
#include "run/requests.hpp"

namespace lorahub::run {

std::vector<std::string> cautions(const StudyCost& cost, workers::Crew& crew, t5::Device device,
                                  MemoryCheck check) {
  std::vector<std::string> sentences{sentence(cost.cut)};
  if (check == MemoryCheck::refuse)
    sentences.push_back(check_room(
        need(cost, device),
        {.hosts = crew.hosts(), .rooms = crew.everyone(encode({.kind = Request::room}))}));
  std::erase(sentences, "");
  for (const std::string& sentence : sentences) fmt::print(stderr, "lorahub: {}\n", sentence);
  return sentences;
}

}  // namespace lorahub::run
