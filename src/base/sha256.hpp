// SHA-256 (FIPS 180-4) by OpenSSL, for the identity of trials and of input files.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace lorahub::base {

class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  void update_by_file(const std::filesystem::path& path);  // Error when it can't be read
  std::string hex();                                       // 64 lower-case digits; ends the hash

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);  // Error when it can't be read

}  // namespace lorahub::base
