#include "run/messages/requests.hpp"

#include "base/bytes.hpp"

namespace lorahub::run {
namespace {

constexpr std::string_view kKinds = "DELWXJPMSATR";

Request kind_of(char letter) {
  base::check(kKinds.find(letter) != std::string_view::npos,
              "a rank was asked for what it does not know (the ranks may be different builds), "
              "start the same program on all nodes");
  return static_cast<Request>(letter);
}

}  // namespace

std::string in_words(Request kind) {
  switch (kind) {
    case Request::device:
      return "looking for its device";
    case Request::room:
      return "looking at its memory";
    case Request::agree:
      return "hashing its files";
    case Request::log:
      return "opening its log";
    case Request::weights:
      return "reading its part of the model";
    case Request::exchange:
      return "exchanging the model's parts";
    case Request::join:
      return "loading a trial";
    case Request::probe:
      return "probing a module";
    case Request::measure:
    case Request::search:
      return "computing losses";
    case Request::answer:
      return "answering test rows";
    case Request::train:
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

std::string encode(const Asked& asked) {
  const uint64_t trial = asked.trial, count = asked.kept.size();
  std::string text(1, static_cast<char>(asked.kind));
  base::put_bytes(text, &trial, 1);
  base::put_bytes(text, &count, 1);
  base::put_bytes(text, asked.kept.data(), count);
  return text + asked.body;
}

Asked decode(std::string_view text) {
  base::ByteReader reader(text);
  Asked asked{.kind = kind_of(reader.one<char>()), .trial = reader.count()};
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
