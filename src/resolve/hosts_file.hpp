// The operator's own names: /etc/hosts as a map in memory, read again when the file has changed.
// A look costs one hash; the file is stat()ed at most once a second, and read (blocking, as it is small)
// only when its time, size or inode is another. A file that is missing is an empty one; one that is there and cannot be
// read (no descriptor is free, say) still says what it said. Belongs to one loop. Not thread-safe.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "resolve/address_answer.hpp"

namespace trawl {

class hosts_file {
 public:
  explicit hosts_file(std::string path) : path_(std::move(path)) {}

  /// nullptr: the file does not name it. `name` in lower case, without a final dot; addresses stand in the
  /// order of the file. The pointer holds until the next call.
  [[nodiscard]] const resolve_outcome* find(std::string_view name, time_point now);

 private:
  void look_again(time_point now);
  void read_line(std::string_view line);
  void add(std::string_view name, const asio::ip::address& address);

  std::string path_;
  std::unordered_map<std::string, resolve_outcome> names_;
  time_point next_look_{};  // Far in the past: the first find() reads.
  struct ::stat seen_ {};
};

}  // namespace trawl
