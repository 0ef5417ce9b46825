// A file of its own for one test, gone with it.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

class temp_file {
 public:
  explicit temp_file(std::string_view content = "") {
    const int fd = ::mkstemp(path_.data());
    if (fd < 0) throw std::runtime_error("cannot make " + path_);
    ::close(fd);
    write(content);
  }
  temp_file(const temp_file&) = delete;
  temp_file& operator=(const temp_file&) = delete;
  ~temp_file() { ::unlink(path_.c_str()); }
  void write(std::string_view content) const { std::ofstream(path_, std::ios::trunc) << content; }
  void remove() const { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/trawl-test-XXXXXX";
};
