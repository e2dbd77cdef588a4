#include "model/t5/flop.hpp"

namespace lorahub::model::t5 {

double forward_flop(const T5Config& c, const PassSize& size) {
  const double s = size.source, t = size.target;
  const auto d = static_cast<double>(c.d_model), a = static_cast<double>(c.inner());
  const auto le = static_cast<double>(c.encoder_layers), ld = static_cast<double>(c.decoder_layers);
  const auto ff = static_cast<double>((c.gated ? 3 : 2) * c.d_model * c.d_ff);
  const double encoder = 2 * s * le * (4 * d * a + ff) + 4 * le * s * s * a;
  const double cross_kv = 4 * s * ld * d * a;
  const double decoder = 2 * t * ld * (6 * d * a + ff) + 4 * ld * t * (t + s) * a;
  const double head = 2 * t * d * static_cast<double>(c.vocabulary);
  const double lora = 2 * size.rank * (d + a) * (s * (2 * le + ld) + t * 3 * ld);
  return encoder + cross_kv + decoder + head + lora;
}

}  // namespace lorahub::model::t5
