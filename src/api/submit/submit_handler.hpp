// What a submission means: takes the events of a JSON parser and puts URLs and options into a task_builder,
// noting every error with its JSON pointer. Knows no text of JSON and includes no parser, only the names
// that Boost.JSON's push parser calls.
#pragma once

#include <boost/json/error.hpp>
#include <boost/json/string_view.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/problem.hpp"
#include "api/submit/json_copy.hpp"
#include "task/fetch_option_table.hpp"
#include "task/task_builder.hpp"

namespace trawl {

class submit_handler {
  using text_view = boost::json::string_view;
  using error = boost::json::error_code;

 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit submit_handler(task_builder& into) : into_(into) {}

  /// Errors so far.
  [[nodiscard]] problem& wrong() { return wrong_; }
  /// It has told the parser to stop; wrong() has the reason.
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// Notes an error at the value that is being read or is to come.
  void note_here(std::string detail) { note(pointer(), std::move(detail)); }
  /// After the last event: what should have been there.
  void check_complete();

  // The parser's names. All return whether to go on.
  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error& ec);
  bool on_object_end(std::size_t, error& ec) { return close('}', ec); }
  bool on_array_begin(error& ec);
  bool on_array_end(std::size_t, error& ec) { return close(']', ec); }
  bool on_key_part(text_view text, std::size_t, error&);
  bool on_key(text_view text, std::size_t, error& ec);
  bool on_string_part(text_view text, std::size_t, error&);
  bool on_string(text_view text, std::size_t, error& ec);
  bool on_number_part(text_view text, error&);
  bool on_int64(std::int64_t value, text_view text, error& ec);
  bool on_uint64(std::uint64_t value, text_view text, error& ec) { return take_integer(value, text, ec); }
  bool on_double(double value, text_view text, error& ec);
  bool on_bool(bool value, error& ec);
  bool on_null(error& ec);
  bool on_comment_part(text_view, error&) { return true; }
  bool on_comment(text_view, error&) { return true; }

 private:
  /// What a value that is read or to come is for.
  enum class role : std::uint8_t {
    document,
    urls,
    options,
    element,
    element_url,
    element_headers,
    element_header,
    meta,
    option,
    header,
    ignored
  };
  /// What is open around it.
  enum class inside : std::uint8_t { top, urls, element, element_headers, meta, options, headers, ignored };

  bool open(inside what);
  bool open_ignored(error& ec);
  bool close(char bracket, error& ec);
  bool value_ended(error& ec);
  bool refuse_value(error& ec);
  void note_wrong_type();
  bool within_limit(error& ec);
  bool stop(error& ec);
  bool take_integer(std::uint64_t value, text_view text, error& ec);
  bool copy_word(std::string_view word, error& ec);
  [[nodiscard]] bool copying() const { return value_ == role::meta; }
  bool check(option_problem wrong, error& ec);
  bool add_url(std::string_view text, error& ec);
  void begin_element();
  void end_element();
  bool add_element_header(std::string_view value, error& ec);
  bool take_text(std::string_view text, error& ec);
  role role_of_key(std::string_view key);
  role role_of_top_key(std::string_view key);
  role role_of_element_key(std::string_view key);
  role role_of_option_key(std::string_view key);
  void note(std::string pointer, std::string detail);
  [[nodiscard]] std::string pointer() const;

  task_builder& into_;
  problem wrong_;
  bool stopped_ = false;
  std::vector<inside> open_;
  role value_ = role::document;
  std::string key_;   // Of the value at hand.
  std::string text_;  // The earlier parts of a text in pieces.
  bool key_ended_ = true;
  std::uint64_t element_ = 0;
  bool urls_seen_ = false;
  bool options_seen_ = false;
  bool element_has_url_ = false;
  bool element_has_headers_ = false;
  bool element_has_meta_ = false;
  std::string element_url_;
  std::vector<input_extras::header> element_headers_;
  json_copy meta_{input_extras::meta_limit};
  const fetch_option* option_ = nullptr;
  std::vector<const fetch_option*> options_set_;
};

}  // namespace trawl
