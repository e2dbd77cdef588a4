#include "text/split_pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "base/fault.hpp"

namespace lorahub::text {
namespace {

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N})"
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kKnown[] = {kGpt2, kLlama3, kQwen2, kTekken};

// White space is the Unicode property, as Oniguruma has it; PCRE2's \s holds U+180E, too.
std::string in_pcre2(std::string_view expression) {
  std::string out;
  for (size_t at = 0; at < expression.size(); ++at) {
    const std::string_view two = expression.substr(at, 2);
    if (two != R"(\s)" && two != R"(\S)") {
      out += expression[at];
      continue;
    }
    out += two[1] == 's' ? R"(\p{White_Space})" : R"(\P{White_Space})";
    ++at;
  }
  return out;
}

struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

}  // namespace

SplitPattern::SplitPattern(std::string expression) : expression_(std::move(expression)) {
  const std::string text = in_pcre2(expression_);
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                   PCRE2_UTF | PCRE2_UCP, &error, &at, /*ccontext=*/nullptr);
  if (code == nullptr) throw std::logic_error("PCRE2 refuses the expression " + text);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without it, matching is slower only
  code_ = {code, [](const pcre2_code* done) { pcre2_code_free(const_cast<pcre2_code*>(done)); }};
}

std::optional<SplitPattern> SplitPattern::of(std::string_view expression) {
  if (std::ranges::find(kKnown, expression) == std::end(kKnown)) return std::nullopt;
  return SplitPattern(std::string(expression));
}

SplitPattern SplitPattern::gpt2() { return SplitPattern(std::string(kGpt2)); }
SplitPattern SplitPattern::llama3() { return SplitPattern(std::string(kLlama3)); }
SplitPattern SplitPattern::qwen2() { return SplitPattern(std::string(kQwen2)); }
SplitPattern SplitPattern::tekken() { return SplitPattern(std::string(kTekken)); }
SplitPattern SplitPattern::digits() { return SplitPattern(R"(\p{N})"); }
SplitPattern SplitPattern::numbers() { return SplitPattern(R"(\p{N}+)"); }

void SplitPattern::split(std::string_view text, const PieceSink& take) const {
  const std::unique_ptr<pcre2_match_data, FreeMatch> data(
      pcre2_match_data_create(1, /*gcontext=*/nullptr));
  if (data == nullptr) throw std::bad_alloc();
  const auto match = [&](size_t at, uint32_t options) {
    return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                       PCRE2_NO_UTF_CHECK | options, data.get(), /*mcontext=*/nullptr);
  };
  for (size_t at = 0; at < text.size();) {
    int found = match(at, 0);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = match(at, PCRE2_NO_JIT);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
      throw base::MachineFault(base::format(
          "a text of {} bytes can't be cut into words (PCRE2's error {})", text.size(), found));
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data.get());
    const size_t begin = found > 0 ? range[0] : text.size();
    const size_t end = found > 0 ? range[1] : text.size();
    if (begin > at) take(text.substr(at, begin - at));
    if (end > begin) take(text.substr(begin, end - begin));
    at = end;
  }
}

}  // namespace lorahub::text
