// What lead and ranks say to each other. The first byte says which message the others are.
#include "run/messages/messages.hpp"

#include "base/check.hpp"
#include "run/messages/training_result.hpp"
#include "run/messages/trial_message.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

// A message that is read must be written as the same bytes.
template <class Message>
void read(const std::string& bytes) {
  base::check(base::encode(base::decode<Message>(bytes)) == bytes,
              "a message is read as another one");
}

// With the body that a request of its kind has.
void request(const std::string& bytes) {
  read<run::RankRequest>(bytes);
  const auto request = base::decode<run::RankRequest>(bytes);
  if (!request.trial.empty()) run::decode_trial(request.trial);
  switch (request.kind) {
    case run::RequestKind::measure:
    case run::RequestKind::search:
    case run::RequestKind::slope:
      return read<run::TileRequest>(request.body);
    case run::RequestKind::answer:
      return read<run::AnswerRequest>(request.body);
    case run::RequestKind::probe:
      return read<run::ProbeRequest>(request.body);
    case run::RequestKind::agree:
      return read<run::LeadReading>(request.body);
    default:
      return;
  }
}

}  // namespace

void message(const std::string& bytes) {
  base::check(!bytes.empty(), "no message");
  const std::string rest = bytes.substr(1);
  switch (bytes.front()) {
    case 'q':
      return request(rest);
    case 'l':
      return read<run::LoadedModules>(rest);
    case 'd':
      return read<run::Difference>(rest);
    case 's':
      return read<run::Slope>(rest);
    case 'r':
      return read<run::TrainingResult>(rest);
    default:
      base::fail("no message");
  }
}

}  // namespace lorahub::fuzz
