#include "base/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace trawl {
namespace {

struct open_file {
  explicit open_file(const std::string& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor >= 0) ::close(descriptor);
  }
  const int descriptor;
};

}  // namespace

int read_to_end(int descriptor, const piece_taker& take) {
  std::array<char, 65536> piece;
  while (true) {
    const ssize_t n = ::read(descriptor, piece.data(), piece.size());
    if (n == 0) return 0;
    if (n > 0)
      take({piece.data(), static_cast<std::size_t>(n)});
    else if (errno != EINTR)
      return errno;
  }
}

int read_to_end(const std::string& path, const piece_taker& take) {
  const open_file file(path);
  return file.descriptor < 0 ? errno : read_to_end(file.descriptor, take);
}

file_text read_whole_file(const std::string& path) {
  file_text read;
  const int wrong = read_to_end(path, [&](std::string_view piece) { read.text += piece; });
  if (wrong != 0) read.wrong = unreadable(wrong);
  return read;
}

std::string unreadable(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 || ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    return unreadable(errno);
  return S_ISDIR(about.st_mode) ? unreadable(EISDIR) : std::string();
}

std::string unreadable(int error) { return std::string("cannot be read: ") + std::strerror(error); }

}  // namespace trawl
