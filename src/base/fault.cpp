#include "base/fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "base/exit_codes.hpp"
#include "base/memory_probe.hpp"

namespace lorahub::base {
namespace {

constexpr std::array kMachines{
    ENOSPC,       EDQUOT,       EFBIG,       EIO,        ESTALE,     ETIMEDOUT,    EHOSTDOWN,
    EHOSTUNREACH, ENETDOWN,     ENETUNREACH, ENOTCONN,   ECONNRESET, ECONNREFUSED, ESHUTDOWN,
    EREMOTEIO,    ECOMM,        ENOLINK,     EPROTO,     ENOLCK,     EBADMSG,      EUCLEAN,
    ENODEV,       ENXIO,        EKEYEXPIRED, EMFILE,     ENFILE,     ENOMEM,       EAGAIN,
    EBUSY,        ECONNABORTED, EKEYREVOKED, EMEDIUMTYPE};

constexpr const char* kMoreMemory =
    "give the job more memory, or start fewer ranks on a node, and run the same command to go on";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// LibTorch says how much was wanted: "you tried to allocate 40 bytes. Error code", "Tried to
// allocate 2.00 GiB. GPU 0".
std::string no_memory(std::string_view what) {
  constexpr std::string_view kBefore = "ried to allocate ";
  std::string size;
  if (const size_t at = what.find(kBefore); at != std::string_view::npos) {
    const std::string_view rest = what.substr(at + kBefore.size());
    size = format(" (a piece of {} was asked for)", rest.substr(0, rest.find(". ")));
  }
  return format("there is not enough memory{}{}, {}", contains(what, "CUDA") ? " on the GPU" : "",
                size, kMoreMemory);
}

constexpr size_t kPiece = size_t{64} << 20;  // bytes, more than is asked for at a time

// Libraries have many words for an allocation that failed ("could not create a primitive").
Cause cause_of_unknown(const std::string& what) {
  if (!gets_memory(kPiece)) return {Blame::machine, no_memory(""), true};
  return {Blame::program, what};
}

// LibTorch's exceptions say by their words alone what they are; the first line is theirs, a stack
// trace follows.
Cause cause_by_words(const std::exception& error) {
  const std::string_view what = error.what();
  for (const char* word : {"DefaultCPUAllocator", "out of memory", "CUDA_ERROR_OUT_OF_MEMORY",
                           "STATUS_ALLOC_FAILED", "can't allocate memory"})
    if (contains(what, word)) return {Blame::machine, no_memory(what), true};
  for (const char* word :
       {"CUDA error", "CUDA driver error", "CUBLAS_STATUS", "CUDNN_STATUS", "cuDNN error",
        "NCCL error", "cuda runtime error", "unable to mmap", "unable to open shared memory"})
    if (contains(what, word))
      return {Blame::machine,
              format("the device failed ({}), see nvidia-smi on that node and run the same command "
                     "to go on",
                     first_line(what))};
  return cause_of_unknown(first_line(what));
}

Cause cause_of_system(const std::system_error& error) {
  const int number = error.code().value();
  const bool known = error.code().category() == std::generic_category() ||
                     error.code().category() == std::system_category();
  if (known && is_the_machines(number)) {
    const bool thread = number == EAGAIN &&
                        dynamic_cast<const std::filesystem::filesystem_error*>(&error) == nullptr;
    if (thread && !gets_memory(kPiece)) return {Blame::machine, no_memory(""), true};  // its stack
    return {Blame::machine,
            format("{}: {}, {}", thread ? "no further thread can be started" : "the system failed",
                   std::strerror(number), advice(number)),
            number == ENOMEM};
  }
  const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error);
  if (file != nullptr && known)
    return {Blame::input, format("{}: {}, check the path and its permissions",
                                 file->path1().string(), error.code().message())};
  return cause_of_unknown(first_line(error.what()));
}

}  // namespace

int exit_code(Blame blame) {
  switch (blame) {
    case Blame::input:
      return kExitBadInput;
    case Blame::program:
      return kExitBug;
    default:
      return kExitRunAgain;
  }
}

Cause cause_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const MachineFault& e) {
    return {Blame::machine, e.what()};
  } catch (const Interrupted& e) {
    return {Blame::interruption, e.what()};
  } catch (const Error& e) {
    return {Blame::input, e.what()};
  } catch (const std::bad_alloc& e) {
    return {Blame::machine, no_memory(e.what()), true};
  } catch (const std::system_error& e) {
    return cause_of_system(e);
  } catch (const std::exception& e) {
    return cause_by_words(e);
  } catch (...) {
    return cause_of_unknown("an unknown exception");
  }
}

bool is_the_machines(int error) { return std::ranges::find(kMachines, error) != kMachines.end(); }

std::string advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "make room and run the same command again";
    case EFBIG:
      return "make room (raise the limit of a file's size, ulimit -f) and run the same command "
             "again";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n) and run the same command again";
    case EAGAIN:
      return "raise the limit of processes and threads (ulimit -u) or use fewer --threads, and run "
             "the same command again";
    case ENOMEM:
      return kMoreMemory;
    case ENOENT:
    case ENOTDIR:
      return "check the path";
    case EROFS:
      return "name a place that can be written to";
    case ENAMETOOLONG:
      return "choose a shorter name";
    default:
      return is_the_machines(error)
                 ? "have the disk or its server looked at and run the same command again"
                 : "check the path and its permissions";
  }
}

void cannot(std::string_view what, int error) {
  const std::string problem = format("{}: {}", what, std::strerror(error));
  if (is_the_machines(error)) throw MachineFault(format("{}, {}", problem, advice(error)));
  throw FileError(problem, advice(error));
}

MachineFault since_the_beginning(const FileError& error) {
  return MachineFault(
      format("{} (it was possible when the run began), see to it and run the same command to go on",
             error.problem));
}

}  // namespace lorahub::base
