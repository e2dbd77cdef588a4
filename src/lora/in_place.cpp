#include <ATen/ATen.h>

#include <algorithm>

#include "lora/layout.hpp"

namespace lorahub::lora {

namespace {

// Where a factor is in its module's file, in floats from the start; -1 where it is not in it.
int64_t offset(const Module& module, const at::Tensor& factor) {
  if (factor.scalar_type() != at::kFloat || !factor.is_contiguous()) return -1;
  const std::string_view file = module.file->bytes();
  const auto* data = static_cast<const char*>(factor.const_data_ptr());
  const int64_t at = data - file.data();
  const bool inside =
      at >= 0 && at + static_cast<int64_t>(factor.nbytes()) <= static_cast<int64_t>(file.size());
  return inside && at % 4 == 0 ? at / 4 : -1;
}

bool are_alike(const Module& first, const Module& other) {
  const auto same = [&](const at::Tensor& one, const at::Tensor& two) {
    const int64_t at = offset(first, one);
    return one.sizes() == two.sizes() && at >= 0 && at == offset(other, two);
  };
  return other.file != nullptr &&
         std::ranges::equal(first.slots, other.slots, [&](const auto& one, const auto& two) {
           return one.first == two.first && same(one.second.a, two.second.a) &&
                  same(one.second.b, two.second.b);
         });
}

// The range from the first factor in the file to the end of the last one, in floats. Whatever lies
// between the factors would be mixed with them.
struct Span {
  int64_t begin, length;
  bool has_holes;
};
Span span_of(const Module& module) {
  int64_t begin = INT64_MAX, end = 0, values = 0;
  for (const auto& [slot, factors] : module.slots)
    for (const at::Tensor& factor : {factors.a, factors.b}) {
      const int64_t at = offset(module, factor);
      begin = std::min(begin, at);
      end = std::max(end, at + factor.numel());
      values += factor.numel();
    }
  return {.begin = begin, .length = end - begin, .has_holes = values != end - begin};
}

// [N, floats of a row], read only.
at::Tensor rows_of(const std::vector<Module>& modules) {
  base::MappedRows::Files files;
  for (const Module& module : modules) files.push_back(module.file);
  const auto rows = base::MappedRows::of(files);
  if (rows == nullptr) return {};
  // from_blob wants a mutable pointer; nobody writes into weights.
  return at::from_blob(
      const_cast<char*>(rows->row(0)),
      {static_cast<int64_t>(files.size()), static_cast<int64_t>(rows->stride() / sizeof(float))},
      [rows](void*) {}, at::kFloat);
}

}  // namespace

bool map_in_place(const std::vector<Module>& modules, Pool& pool) {
  const Module& first = modules.front();
  if (first.file == nullptr) return false;
  if (!std::ranges::all_of(modules, [&](const Module& m) { return are_alike(first, m); }))
    return false;
  const Span span = span_of(first);
  if (span.has_holes) return false;
  const at::Tensor rows = rows_of(modules);
  if (!rows.defined()) return false;
  pool.flat = rows.narrow(1, span.begin, span.length);
  const auto view = [&](const at::Tensor& like) {
    return rows.as_strided({rows.size(0), like.size(0), like.size(1)},
                           {rows.stride(0), like.size(1), 1}, offset(first, like));
  };
  for (const auto& [slot, factors] : first.slots) {
    pool.a.push_back(view(factors.a));
    pool.b.push_back(view(factors.b));
  }
  return true;
}

}  // namespace lorahub::lora
