#include "run/messages/requests.hpp"

#include "base/bytes.hpp"

namespace lorahub::run {
namespace {

constexpr std::string_view kKinds = "DELWXJPMSATR";

RequestKind kind_of(char letter) {
  base::check(kKinds.find(letter) != std::string_view::npos,
              "a rank was asked for what it does not know (the ranks may be different builds), "
              "start the same program on all nodes");
  return static_cast<RequestKind>(letter);
}

}  // namespace

std::string in_words(RequestKind kind) {
  switch (kind) {
    case RequestKind::device:
      return "looking for its device";
    case RequestKind::room:
      return "looking at its memory";
    case RequestKind::agree:
      return "hashing its files";
    case RequestKind::log:
      return "opening its log";
    case RequestKind::model_share:
      return "reading its part of the model";
    case RequestKind::exchange:
      return "exchanging the model's parts";
    case RequestKind::join:
      return "loading a trial";
    case RequestKind::probe:
      return "probing a module";
    case RequestKind::measure:
    case RequestKind::search:
      return "computing losses";
    case RequestKind::answer:
      return "answering test rows";
    case RequestKind::train:
      return "training";
  }
  return "at work";
}

std::string bytes(std::span<const double> values) {
  std::string text;
  base::put_bytes(text, values.data(), values.size());
  return text;
}

std::vector<double> doubles(std::string_view text) { return base::ByteReader(text).rest<double>(); }

std::string encode(const RankRequest& asked) {
  const uint64_t trial = asked.trial, count = asked.kept.size();
  std::string text(1, static_cast<char>(asked.kind));
  base::put_bytes(text, &trial, 1);
  base::put_bytes(text, &count, 1);
  base::put_bytes(text, asked.kept.data(), count);
  return text + asked.body;
}

RankRequest decode(std::string_view text) {
  base::ByteReader reader(text);
  RankRequest asked{.kind = kind_of(reader.one<char>()), .trial = reader.count()};
  asked.kept = reader.get<uint32_t>(reader.count());
  const std::vector<char> body = reader.rest<char>();
  asked.body.assign(body.begin(), body.end());
  return asked;
}

std::string answer_body(const AnswerUnit& unit) {
  std::string text;
  base::put_bytes(text, &unit.batch, 1);
  return text + bytes(unit.weights);
}

AnswerUnit read_answer(std::string_view body) {
  base::ByteReader reader(body);
  const uint64_t batch = reader.count();
  return {.batch = batch, .weights = reader.rest<double>()};
}

}  // namespace lorahub::run
