// What lead and ranks say to each other. The first byte says which message the others are.
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "run/messages/loaded.hpp"
#include "run/messages/method_result.hpp"
#include "run/messages/reading.hpp"
#include "run/messages/requests.hpp"
#include "run/messages/tile_request.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

// With the body that a request of its kind has.
void request(const std::string& bytes) {
  const run::RankRequest request = run::decode(bytes);
  switch (request.kind) {
    case run::RequestKind::measure:
    case run::RequestKind::search: {
      const run::TileRequest tile = run::decode_tile(request.body);
      run::encode_tile(tile.population, tile.tile);
      break;
    }
    case run::RequestKind::answer:
      run::answer_body(run::read_answer(request.body));
      break;
    case run::RequestKind::agree:
      run::pairs_of(base::unpack_texts(request.body));
      break;
    default:
      break;
  }
  base::check(run::encode(request) == bytes, "a request is read as another one");
}

}  // namespace

void message(const std::string& bytes) {
  base::check(!bytes.empty(), "no message");
  const std::string rest = bytes.substr(1);
  switch (bytes.front()) {
    case 'q':
      return request(rest);
    case 'l':
      run::encode(run::read_loaded(rest));
      return;
    case 'r':
      run::pack(run::unpack_result(rest));
      return;
    default:
      base::fail("no message");
  }
}

}  // namespace lorahub::fuzz
