#include "text/text_steps.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

#include "base/replaced.hpp"
#include "text/byte_letters.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

using Texts = std::vector<std::string>;

// Below U+0300, whose first byte is the least of those that begin marks, nothing changes.
bool is_surely_composed(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

std::string composed(std::string text) {  // `text` is UTF-8
  if (is_surely_composed(text)) return text;
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &out,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, std::free);
  if (size < 0) throw std::bad_alloc();  // the text is UTF-8, so there is no other error
  return {reinterpret_cast<const char*>(out), static_cast<size_t>(size)};
}

void apply(const NormaliserStep& step, std::string& text) {
  switch (step.kind) {
    case NormaliserStep::Kind::nfc:
      text = composed(std::move(text));
      break;
    case NormaliserStep::Kind::prepend:
      if (!text.empty()) text.insert(0, step.to);
      break;
    case NormaliserStep::Kind::replace:
      text = base::replaced(std::move(text), step.from, step.to);
      break;
  }
}

// A token with another letter than those of bytes counts as it is written.
void append_bytes_of(std::string_view token, std::string& bytes) {
  std::string own;
  for (std::string_view rest = token; !rest.empty();) {
    const auto byte = byte_of_letter(take(rest));
    if (!byte) {
      bytes += token;
      return;
    }
    own += static_cast<char>(*byte);
  }
  bytes += own;
}

void decode_byte_letters(Texts& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) append_bytes_of(token, bytes);
  tokens = {whole_utf8(bytes)};
}

std::optional<char> fallback_byte(std::string_view token) {  // of "<0xNN>"
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned value = 0;
  const char* end = token.data() + 5;
  const auto [parsed, error] = std::from_chars(token.data() + 3, end, value, 16);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return static_cast<char>(value);
}

void decode_byte_fallback(Texts& tokens) {
  Texts out;
  std::string bytes;
  const auto end_row = [&] {
    if (bytes.empty()) return;
    if (whole_utf8(bytes) == bytes)
      out.push_back(bytes);
    else
      out.insert(out.end(), bytes.size(), "\uFFFD");
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = fallback_byte(token)) {
      bytes += *byte;
    } else {
      end_row();
      out.push_back(std::move(token));
    }
  }
  end_row();
  tokens = std::move(out);
}

void join(Texts& tokens) {
  std::string whole;
  for (const std::string& token : tokens) whole += token;
  tokens = {std::move(whole)};
}

void strip(const DecoderStep& step, std::string& token) {
  std::string_view rest = token;
  for (int i = 0; i < step.begin && rest.starts_with(step.from); ++i)
    rest.remove_prefix(step.from.size());
  for (int i = 0; i < step.end && rest.ends_with(step.from); ++i)
    rest.remove_suffix(step.from.size());
  token = std::string(rest);
}

void apply(const DecoderStep& step, Texts& tokens) {
  switch (step.kind) {
    case DecoderStep::Kind::byte_letters:
      decode_byte_letters(tokens);
      break;
    case DecoderStep::Kind::replace:
      for (std::string& token : tokens)
        token = base::replaced(std::move(token), step.from, step.to);
      break;
    case DecoderStep::Kind::byte_fallback:
      decode_byte_fallback(tokens);
      break;
    case DecoderStep::Kind::join:
      join(tokens);
      break;
    case DecoderStep::Kind::strip:
      for (std::string& token : tokens) strip(step, token);
      break;
    case DecoderStep::Kind::word_sign:
      for (size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = base::replaced(std::move(tokens[i]), step.from, i == 0 ? step.to : " ");
      break;
  }
}

template <class Step>
double growth_by(const std::vector<Step>& steps) {
  double times = 1;
  for (const Step& step : steps)
    if (step.kind == Step::Kind::replace && step.to.size() > step.from.size())
      times *= static_cast<double>(step.to.size()) / static_cast<double>(step.from.size());
  return times;
}

}  // namespace

std::string normalised(std::string text, const std::vector<NormaliserStep>& steps) {
  for (const NormaliserStep& step : steps) apply(step, text);
  return text;
}

std::string decoded(std::vector<std::string> tokens, const std::vector<DecoderStep>& steps) {
  for (const DecoderStep& step : steps) apply(step, tokens);
  join(tokens);
  return std::move(tokens[0]);
}

double growth(const std::vector<NormaliserStep>& steps) { return growth_by(steps); }
double growth(const std::vector<DecoderStep>& steps) { return growth_by(steps); }

}  // namespace lorahub::text
