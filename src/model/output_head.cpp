#include "model/output_head.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "tensor/cpu/few_rows_matmul.hpp"

namespace lorahub::model {
namespace {

int64_t logit_rows(const at::Tensor& rows) { return rows.is_cpu() ? kLogitRows : 2048; }

// Cross entropy of each row of [rows, d] -> losses [rows].
void fill_cross_entropies(const OutputHead& head, const at::Tensor& rows, const at::Tensor& labels,
                          const at::Tensor& losses) {
  const int64_t step = logit_rows(rows);
  for (int64_t first = 0; first < rows.size(0); first += step) {
    const int64_t count = std::min(step, rows.size(0) - first);
    const at::Tensor scores = logits(head, rows.narrow(0, first, count));
    const at::Tensor label = scores.gather(1, labels.narrow(0, first, count)).squeeze(1);
    losses.narrow(0, first, count).copy_(at::logsumexp(scores, 1) - label);
  }
}

}  // namespace

bool adapts_head(const HeadLayer& layer, const Adapter& adapter) {
  return low_rank(adapter, layer.slot) != nullptr;
}

OutputHead output_head(const HeadLayer& layer, const Adapter& adapter, int candidate) {
  const at::Tensor weight =
      tensor::fits_skinny(layer.weight) ? layer.weight : layer.weight.to(at::kFloat);
  OutputHead head{.weight = weight, .scale = layer.scale, .a = {}, .b = {}};
  const LowRank* low = low_rank(adapter, layer.slot);
  if (low == nullptr) return head;
  const auto of = [candidate](const at::Tensor& all) {
    return all.select(0, all.size(0) == 1 ? 0 : candidate).to(at::kFloat);
  };
  head.a = of(low->a);
  if (low->scale.defined()) head.a = head.a * of(low->scale).unsqueeze(1);
  head.b = of(low->b);
  if (low->routing) {
    Routing routing = *low->routing;
    routing.prototypes = routing.prototypes.to(at::kFloat);
    routing.columns = routing.columns.to(at::kFloat);
    head.routing = std::make_shared<const Routing>(std::move(routing));
  }
  return head;
}

at::Tensor logits(const OutputHead& head, const at::Tensor& rows) {
  at::Tensor x = rows.to(at::kFloat);
  if (head.scale != 1) x = x * head.scale;
  at::Tensor scores;
  if (tensor::fits_skinny(x, head.weight)) {
    scores = at::zeros({x.size(0), head.weight.size(0)}, x.options());
    tensor::add_skinny(scores, x, head.weight);
  } else {
    scores = at::mm(x, head.weight.to(at::kFloat).t());
  }
  if (!head.a.defined()) return scores;
  at::Tensor z = at::mm(x, head.a.t());
  if (head.routing) z = z * shares(*head.routing, x);
  scores.addmm_(z, head.b.t());
  return scores;
}

// All candidates' rows together where they have one head.
at::Tensor cross_entropies(const HeadLayer& layer, const Adapter& adapter, const at::Tensor& hidden,
                           const at::Tensor& labels) {
  RECORD_USER_SCOPE("lm_head");
  const int64_t heads = adapts_head(layer, adapter) ? hidden.size(0) : 1;
  const at::Tensor rows = hidden.reshape({heads, -1, hidden.size(2)});
  const at::Tensor wanted = labels.repeat({hidden.size(0) / heads}).unsqueeze(1);
  const at::Tensor losses = at::empty({heads, rows.size(1)}, rows.options());
  for (int64_t p = 0; p < heads; ++p)
    fill_cross_entropies(output_head(layer, adapter, static_cast<int>(p)), rows[p], wanted,
                         losses[p]);
  return losses.flatten();
}

std::vector<double> sums_by_example(const std::vector<int64_t>& lengths,
                                    const at::Tensor& token_losses) {
  const at::Tensor losses = token_losses.to(at::kCPU);
  const float* loss = losses.const_data_ptr<float>();
  const float* const end = loss + losses.numel();
  std::vector<double> sums;
  while (loss != end) {
    for (const int64_t length : lengths) {
      double sum = 0;
      for (int64_t t = 0; t < length; ++t) sum += static_cast<double>(*loss++);
      sums.push_back(sum);
    }
  }
  return sums;
}

}  // namespace lorahub::model
