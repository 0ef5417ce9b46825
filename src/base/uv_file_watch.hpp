// Tells when files have changed: they are written anew, or another is moved into their place, as editors, certbot and
// Kubernetes do. So it is their folders that are watched (inotify, by libuv), on a small thread of its own that sleeps
// otherwise. Changes that come together are told once. What the system does not tell, as on network file systems, is
// not noticed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trawl {

class uv_file_watch {
 public:
  /// `changed` is called on the thread of the watch, for one or more of `files`. Throws std::system_error when the
  /// system cannot watch a folder of theirs.
  uv_file_watch(std::vector<std::string> files, std::function<void()> changed);
  uv_file_watch(const uv_file_watch&) = delete;
  uv_file_watch& operator=(const uv_file_watch&) = delete;
  /// `changed` is not called any more once this returns.
  ~uv_file_watch();

 private:
  class machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace trawl
