// One JSON value put together again from the events of a parser, without blanks: the `meta` of an input. Numbers stay
// as they were written, digit by digit, and so do the order of keys and repeated ones; texts stay the same text, with
// only those characters escaped that must be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace trawl {

class json_copy {
 public:
  /// What goes beyond `limit` octets is dropped.
  explicit json_copy(std::size_t limit) : limit_(limit) {}

  void begin() { text_.clear(); }
  [[nodiscard]] bool too_long() const { return text_.size() > limit_; }
  /// The value, once all of it was told.
  [[nodiscard]] const std::string& text() const { return text_; }
  std::string take() { return std::exchange(text_, {}); }

  /// '{' or '['.
  void open(char bracket);
  void close(char bracket) { put(std::string_view(&bracket, 1)); }
  /// An earlier piece of the key, the text or the number that comes next.
  void part(std::string_view piece);
  void key(std::string_view rest);
  void string(std::string_view rest);
  /// true, false, null, a number as it was written.
  void word(std::string_view rest);

 private:
  void separate();
  void put(std::string_view piece);

  std::size_t limit_;
  std::string text_;
  std::string parts_;
};

}  // namespace trawl
