#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

void require(int done) {
  check(done == 1,
        "OpenSSL refuses SHA-256 (inputs can't be told apart without it), look at OPENSSL_CONF");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

void Sha256::update_by_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  read_ahead(file.bytes());
  update(file.bytes());
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length));
  std::string out;
  for (unsigned i = 0; i < length; ++i) out += format("{:02x}", digest[i]);
  return out;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  Sha256 hash;
  hash.update_by_file(path);
  return hash.hex();
}

}  // namespace lorahub::base
