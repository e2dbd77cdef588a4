// A file's bytes in memory of this process, for a large file that others may cut short meanwhile.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

namespace lorahub::base {

// Memory that is not initialised, in large pages where the system has them: very many small ones
// take longer to be handed out than to be written.
class LargeBuffer {
 public:
  explicit LargeBuffer(size_t bytes);
  char* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(char* data) const { std::free(data); }
  };
  std::unique_ptr<char, Free> data_;
};

class FileCopy {
 public:
  explicit FileCopy(const std::filesystem::path& path);  // Error when it can't be read
  std::string_view bytes() const { return {buffer_.data(), size_}; }

 private:
  LargeBuffer buffer_{0};
  size_t size_ = 0;
};

}  // namespace lorahub::base
