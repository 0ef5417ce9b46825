// Files read to their end, and the reason when that cannot be done. By read(2): a std::ifstream opens a folder as if it
// were a file and throws when it reads it, and the reason of a failure is lost. Blocks; for files that are small and
// local, or where nothing else has to run meanwhile.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace trawl {

using piece_taker = std::function<void(std::string_view piece)>;

/// Hands over all that `descriptor` has, in pieces of at most 64 KiB. Returns 0, or the errno that ended it.
[[nodiscard]] int read_to_end(int descriptor, const piece_taker& take);
/// The same of the file at `path`.
[[nodiscard]] int read_to_end(const std::string& path, const piece_taker& take);

/// A whole file, or what is wrong with it.
struct file_text {
  std::string text;
  std::string wrong;  ///< "cannot be read: " and why, for a person; empty: nothing.
};
[[nodiscard]] file_text read_whole_file(const std::string& path);

/// What is wrong with the file at `path`, for a person; empty: it can be read, and is no folder. It is not opened, so
/// what a pipe has is still there afterwards.
[[nodiscard]] std::string unreadable(const std::string& path);
/// "cannot be read: " and what `error`, an errno, means.
[[nodiscard]] std::string unreadable(int error);

}  // namespace trawl
