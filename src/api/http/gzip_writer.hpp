// Large answers as gzip (RFC 1952), block by block, for clients that take it: level 1 and a small window, about 100 KiB
// for each answer under way. JSON of records shrinks to a tenth.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace trawl {

class gzip_writer {
 public:
  enum class then : unsigned char {
    more,   ///< More follows soon: what fills no block may wait.
    flush,  ///< Nobody knows when more follows: the client can read all of this now.
    end,
  };
  gzip_writer();
  ~gzip_writer();
  gzip_writer(const gzip_writer&) = delete;
  gzip_writer& operator=(const gzip_writer&) = delete;

  /// The coding of the next piece. Nothing may be put after `end`.
  [[nodiscard]] std::string put(std::string_view plain, then what);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace trawl
