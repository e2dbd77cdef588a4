#include "run/lead/memory_warnings.hpp"

#include "base/text.hpp"
#include "run/messages/messages.hpp"

namespace lorahub::run {

std::vector<std::string> cautions(const plan::StudyCost& cost, workers::Dispatcher& dispatcher,
                                  base::Device device, MemoryCheck check) {
  std::vector<std::string> sentences = plan::cautions(cost);
  if (check == MemoryCheck::refuse)
    sentences.push_back(plan::check_room(
        plan::need(cost, device),
        {.hosts = dispatcher.hosts(),
         .rooms = dispatcher.everyone(base::encode(RankRequest{.kind = RequestKind::room}))}));
  std::erase(sentences, "");
  for (const std::string& sentence : sentences) fmt::print(stderr, "lorahub: {}\n", sentence);
  return sentences;
}

}  // namespace lorahub::run
