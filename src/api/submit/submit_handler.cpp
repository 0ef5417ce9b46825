#include "api/submit/submit_handler.hpp"

#include <algorithm>
#include <cmath>

#include "api/submit/submit_parser.hpp"
#include "base/header_rules.hpp"

namespace trawl {
namespace {

// Longer keys name nothing we know; the longest that matter are header names.
constexpr std::size_t longest_key = 20000;

std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

// RFC 6901 3.
void append_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~' || c == '/')
      pointer += c == '~' ? "~0" : "~1";
    else
      pointer += c;
  }
}

}  // namespace

bool submit_handler::stop(error& ec) {
  ec = boost::system::errc::make_error_code(boost::system::errc::operation_canceled);
  stopped_ = true;
  return false;
}

bool submit_handler::within_limit(error& ec) { return wrong_.errors.size() < most_input_errors || stop(ec); }

// Below what is ignored there are no places, only the document as a whole.
std::string submit_handler::pointer() const {
  std::string at;
  if (open_.empty() || open_.back() == inside::ignored || open_.back() == inside::meta) return at;
  const inside around = open_.back();
  if (around == inside::urls || around == inside::element) at = "/urls/" + std::to_string(element_);
  if (around == inside::element_headers) at = "/urls/" + std::to_string(element_) + "/headers";
  if (around == inside::options) at = "/options";
  if (around == inside::headers) at = "/options/headers";
  if (around != inside::urls && key_ended_ && !key_.empty()) append_token(at, key_);
  return at;
}

void submit_handler::note(std::string pointer, std::string detail) {
  if (wrong_.errors.size() == most_input_errors) return;
  wrong_.status = 400;
  wrong_.errors.push_back({std::move(pointer), std::move(detail)});
}

void submit_handler::check_complete() {
  if (!urls_seen_ && wrong_.errors.empty()) note("/urls", "is missing");
}

bool submit_handler::open(inside what) {
  open_.push_back(what);
  if (what == inside::urls) value_ = role::element;
  if (what == inside::element) begin_element();
  if (what == inside::ignored) value_ = role::ignored;
  if (what == inside::meta) value_ = role::meta;
  key_.clear();
  return true;
}

bool submit_handler::on_object_begin(error& ec) {
  if (value_ == role::document) return open(inside::top);
  if (value_ == role::element) return open(inside::element);
  if (value_ == role::element_headers) return open(inside::element_headers);
  if (copying()) return meta_.open('{'), open(inside::meta);
  if (value_ == role::options) return open(inside::options);
  if (value_ == role::option && option_->kind == option_kind::headers) return open(inside::headers);
  return open_ignored(ec);
}

bool submit_handler::on_array_begin(error& ec) {
  if (value_ == role::urls) return open(inside::urls);
  if (copying()) return meta_.open('['), open(inside::meta);
  return open_ignored(ec);
}

// A container where none belongs: an error, or none of our business. It is passed over.
bool submit_handler::open_ignored(error& ec) {
  note_wrong_type();
  return open(inside::ignored) && within_limit(ec);
}

bool submit_handler::close(char bracket, error& ec) {
  const inside closed = open_.back();
  if (closed == inside::element) end_element();
  if (closed == inside::meta) meta_.close(bracket);
  open_.pop_back();
  return value_ended(ec);
}

void submit_handler::begin_element() {
  element_has_url_ = element_has_headers_ = element_has_meta_ = false;
  element_headers_.clear();
  meta_.begin();
}

void submit_handler::end_element() {
  const std::string place = "/urls/" + std::to_string(element_);
  if (!element_has_url_) note(place, "has no \"url\"");
  if (meta_.too_long())
    note(place + "/meta", "must be at most " + std::to_string(input_extras::meta_limit) + " octets of compact JSON");
  if (wrong_.errors.empty()) into_.add_input(element_url_, element_headers_, meta_.text());
}

bool submit_handler::value_ended(error& ec) {
  key_.clear();
  if (!open_.empty() && open_.back() == inside::urls) {
    ++element_;
    value_ = role::element;
  } else if (!open_.empty() && open_.back() == inside::ignored) {
    value_ = role::ignored;
  } else if (!open_.empty() && open_.back() == inside::meta) {
    value_ = role::meta;
  }
  return within_limit(ec);
}

bool submit_handler::on_key_part(text_view text, std::size_t, error&) {
  if (open_.back() == inside::meta) return meta_.part(view(text)), true;
  if (std::exchange(key_ended_, false)) key_.clear();
  if (key_.size() < longest_key) key_.append(text.data(), text.size());
  return true;
}

bool submit_handler::on_key(text_view text, std::size_t, error& ec) {
  if (open_.back() == inside::meta) return meta_.key(view(text)), true;
  on_key_part(text, 0, ec);
  key_ended_ = true;
  value_ = role_of_key(key_);
  return within_limit(ec);
}

submit_handler::role submit_handler::role_of_key(std::string_view key) {
  switch (open_.back()) {
    case inside::top:
      return role_of_top_key(key);
    case inside::element:
      return role_of_element_key(key);
    case inside::options:
      return role_of_option_key(key);
    case inside::headers:
      return role::header;
    case inside::element_headers:
      return role::element_header;
    default:
      return role::ignored;
  }
}

submit_handler::role submit_handler::role_of_top_key(std::string_view key) {
  if (key != "urls" && key != "options") return role::ignored;
  bool& seen = key == "urls" ? urls_seen_ : options_seen_;
  if (std::exchange(seen, true)) {
    note_here("is given twice");
    return role::ignored;
  }
  return key == "urls" ? role::urls : role::options;
}

submit_handler::role submit_handler::role_of_element_key(std::string_view key) {
  if (key == "url" && !std::exchange(element_has_url_, true)) return role::element_url;
  if (key == "headers" && !std::exchange(element_has_headers_, true)) return role::element_headers;
  if (key == "meta" && !std::exchange(element_has_meta_, true)) return role::meta;
  const bool known = key == "url" || key == "headers" || key == "meta";
  note_here(known ? "is given twice" : "is not a key of an input");
  return role::ignored;
}

submit_handler::role submit_handler::role_of_option_key(std::string_view key) {
  option_ = find_fetch_option(key);
  if (option_ == nullptr) {
    note_here("is not an option");
    return role::ignored;
  }
  if (std::find(options_set_.begin(), options_set_.end(), option_) != options_set_.end()) {
    note_here("is given twice");
    return role::ignored;
  }
  options_set_.push_back(option_);
  return role::option;
}

bool submit_handler::refuse_value(error& ec) {
  note_wrong_type();
  return value_ended(ec);
}

void submit_handler::note_wrong_type() {
  switch (value_) {
    case role::document:
      note_here("the body must be an object with \"urls\"");
      break;
    case role::urls:
      note_here("must be an array");
      break;
    case role::options:
      note_here("must be an object");
      break;
    case role::element:
      note_here("must be a text, or an object with \"url\"");
      break;
    case role::element_headers:
      note_here("must be an object of header names and their values");
      break;
    case role::element_url:
    case role::element_header:
    case role::header:
      note_here("must be a text");
      break;
    case role::option:
      note_here(expected(*option_));
      break;
    case role::meta:  // Takes anything.
    case role::ignored:
      break;
  }
}

bool submit_handler::check(option_problem wrong, error& ec) {
  if (wrong) note_here(std::move(*wrong));
  return value_ended(ec);
}

// What is told of a value while it is copied.
bool submit_handler::copy_word(std::string_view word, error& ec) {
  meta_.word(word);
  return value_ended(ec);
}

bool submit_handler::on_null(error& ec) { return copying() ? copy_word("null", ec) : refuse_value(ec); }

bool submit_handler::on_number_part(text_view text, error&) {
  if (copying()) meta_.part(view(text));
  return true;
}

// JSON has one kind of number: 1.0 and 1e3 are integers, too (JSON Schema, Core 4.2.3). Those that an option may be are
// exact as a double.
bool submit_handler::on_double(double value, text_view text, error& ec) {
  if (copying()) return copy_word(view(text), ec);
  constexpr double exact = std::uint64_t{1} << 53;
  if (!(value >= 0 && value <= exact && value == std::trunc(value))) return refuse_value(ec);
  return take_integer(static_cast<std::uint64_t>(value), text, ec);
}

bool submit_handler::on_int64(std::int64_t value, text_view text, error& ec) {
  if (value < 0 && !copying()) return refuse_value(ec);
  return take_integer(static_cast<std::uint64_t>(value), text, ec);
}

bool submit_handler::take_integer(std::uint64_t value, text_view text, error& ec) {
  if (copying()) return copy_word(view(text), ec);
  if (value_ != role::option) return refuse_value(ec);
  return check(set_option(into_.options(), *option_, value), ec);
}

bool submit_handler::on_bool(bool value, error& ec) {
  if (copying()) return copy_word(value ? "true" : "false", ec);
  if (value_ != role::option) return refuse_value(ec);
  return check(set_option(into_.options(), *option_, value), ec);
}

bool submit_handler::on_string_part(text_view text, std::size_t, error&) {
  if (copying()) return meta_.part(view(text)), true;
  if (value_ != role::ignored) text_.append(text.data(), text.size());
  return true;
}

bool submit_handler::on_string(text_view text, std::size_t, error& ec) {
  if (copying()) return meta_.string(view(text)), value_ended(ec);
  if (text_.empty()) return take_text(view(text), ec);
  const std::string whole = std::exchange(text_, {}).append(text.data(), text.size());
  return take_text(whole, ec);
}

bool submit_handler::take_text(std::string_view text, error& ec) {
  switch (value_) {
    case role::element:
      return add_url(text, ec);
    case role::element_url:
      element_url_ = text;
      return value_ended(ec);
    case role::element_header:
      return add_element_header(text, ec);
    case role::header:
      return check(add_header(into_.options(), key_, text), ec);
    case role::option:
      if (option_->kind != option_kind::text && option_->kind != option_kind::method) return refuse_value(ec);
      return check(set_option_from_text(into_.options(), *option_, text), ec);
    default:
      return refuse_value(ec);
  }
}

bool submit_handler::add_url(std::string_view text, error& ec) {
  if (wrong_.errors.empty()) into_.add_url(text);
  return value_ended(ec);
}

bool submit_handler::add_element_header(std::string_view value, error& ec) {
  if (auto wrong = header_problem(element_headers_, key_, value))
    note_here(*std::move(wrong));
  else
    element_headers_.emplace_back(key_, value);
  return value_ended(ec);
}

}  // namespace trawl
