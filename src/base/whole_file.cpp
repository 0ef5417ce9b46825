#include "base/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace trawl {

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
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int wrong = read_to_end(file, take);
  ::close(file);
  return wrong;
}

file_text read_whole_file(const std::string& path) {
  file_text read;
  const int wrong = read_to_end(path, [&](std::string_view piece) { read.text += piece; });
  if (wrong != 0) read.wrong = unreadable(wrong);
  return read;
}

std::string unreadable(int error) { return std::string("cannot be read: ") + std::strerror(error); }

}  // namespace trawl
