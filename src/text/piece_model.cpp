#include "text/piece_model.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/files.hpp"

namespace lorahub::text {
namespace {

// Protocol buffers, wire format: a message is a list of fields, each a tag (number << 3 | kind) and
// a value.
struct ProtobufField {
  uint64_t number = 0;
  uint64_t value = 0;      // kind 0 (varint), 1 (8 bytes), 5 (4 bytes)
  std::string_view bytes;  // kind 2 (length and bytes)
};

class ProtobufMessage {
 public:
  explicit ProtobufMessage(std::string_view bytes) : rest_(bytes) {}

  bool next(ProtobufField& field) {
    if (rest_.empty()) return false;
    const uint64_t tag = varint();
    field = {.number = tag >> 3, .value = 0, .bytes = {}};
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        base::fail("unknown kind {} of a field", tag & 7);
    }
    return true;
  }

 private:
  std::string_view take(uint64_t size) {
    base::check(size <= rest_.size(), "{} bytes announced, {} there", size, rest_.size());
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    base::fail("a number of more than 64 bits");
  }

  uint64_t fixed(uint64_t size) {  // little endian
    uint64_t value = 0;
    const std::string_view bytes = take(size);
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  std::string_view rest_;
};

// The numbers of sentencepiece_model.proto.
enum ModelField { kPieces = 1, kTrainer = 2, kNormaliser = 3 };
enum PieceField { kText = 1, kScore = 2, kType = 3 };
enum TrainerField { kModelType = 3 };
enum NormaliserField { kCharsmap = 2 };
constexpr uint64_t kUnknownType = 2, kControlType = 3, kUserType = 4;
constexpr uint64_t kUnigramKind = 1;

struct TypedPiece {
  VocabularyPiece piece;
  uint64_t type = 1;  // normal
};

TypedPiece read_piece(std::string_view bytes) {
  TypedPiece read;
  ProtobufMessage message(bytes);
  for (ProtobufField field; message.next(field);) {
    if (field.number == kText) read.piece.text = field.bytes;
    if (field.number == kScore)
      read.piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    if (field.number == kType) read.type = field.value;
  }
  return read;
}

void add(TypedPiece read, PieceModel& model) {
  const size_t id = model.pieces.size();
  base::check(!base::first_not_utf8(read.piece.text), "the text of piece {} is no UTF-8", id);
  base::check(std::isfinite(read.piece.score), "the score of piece {} is no number", id);
  if (read.type == kUnknownType) model.unknown = static_cast<int>(id);
  if (read.type == kControlType || read.type == kUserType)
    model.cut.push_back(
        {.content = read.piece.text, .special = read.type == kControlType, .normalized = false});
  model.pieces.push_back(std::move(read.piece));
}

PieceModel parse(std::string_view bytes) {
  PieceModel model;
  model.unknown = -1;
  ProtobufMessage message(bytes);
  for (ProtobufField field; message.next(field);) {
    if (field.number == kPieces) add(read_piece(field.bytes), model);
    ProtobufMessage inner(field.bytes);
    if (field.number == kTrainer) {
      for (ProtobufField f; inner.next(f);)
        base::check(f.number != kModelType || f.value == kUnigramKind, "not of the unigram kind");
    } else if (field.number == kNormaliser) {
      for (ProtobufField f; inner.next(f);)
        if (f.number == kCharsmap) model.charsmap = f.bytes;
    }
  }
  base::check(model.unknown >= 0, "no piece for unknown text in {} pieces", model.pieces.size());
  return model;
}

}  // namespace

PieceModel read_piece_model(const std::filesystem::path& file) {
  const std::string bytes = base::read_file(file);
  const auto kind = base::file_kind(bytes);
  base::check(
      !kind,
      "{}: no SentencePiece unigram model: it seems to be {}; text can't be cut into tokens "
      "without it",
      file.string(), kind.value_or(""));
  try {
    return parse(bytes);
  } catch (const base::Error& error) {
    base::fail(
        "{}: no SentencePiece unigram model: {} (text can't be cut into tokens), copy the file "
        "again",
        file.string(), error.what());
  }
}

}  // namespace lorahub::text
