#include "api/submit_handler.hpp"

#include <algorithm>
#include <array>

#include "api/submit_parser.hpp"

namespace trawl {
namespace {

// Longer keys name nothing we know; the longest that matter are header names.
constexpr std::size_t longest_key = 20000;

constexpr std::array<std::string_view, 2> options_to_come{"dedupe", "callback_url"};
constexpr std::array<std::string_view, 2> element_keys_to_come{"headers", "meta"};

constexpr std::string_view not_supported = "is not supported by this version";

std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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

bool is_option_to_come(std::string_view name) { return is_one_of(options_to_come, name); }

bool submit_handler::stop(error& ec) {
  ec = boost::system::errc::make_error_code(boost::system::errc::operation_canceled);
  stopped_ = true;
  return false;
}

bool submit_handler::within_limit(error& ec) { return wrong_.errors.size() < most_input_errors || stop(ec); }

// Below what is ignored there are no places, only the document as a whole.
std::string submit_handler::pointer() const {
  std::string at;
  if (open_.empty() || open_.back() == inside::ignored) return at;
  const inside around = open_.back();
  if (around == inside::urls || around == inside::element) at = "/urls/" + std::to_string(element_);
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
  if (what == inside::element) element_has_url_ = false;
  if (what == inside::ignored) value_ = role::ignored;
  key_.clear();
  return true;
}

bool submit_handler::on_object_begin(error& ec) {
  if (value_ == role::document) return open(inside::top);
  if (value_ == role::element) return open(inside::element);
  if (value_ == role::options) return open(inside::options);
  if (value_ == role::option && option_->kind == option_kind::headers) return open(inside::headers);
  return open_ignored(ec);
}

bool submit_handler::on_array_begin(error& ec) {
  if (value_ == role::urls) return open(inside::urls);
  return open_ignored(ec);
}

// A container where none belongs: an error, or none of our business. It is passed over.
bool submit_handler::open_ignored(error& ec) {
  note_wrong_type();
  return open(inside::ignored) && within_limit(ec);
}

bool submit_handler::close(error& ec) {
  const inside closed = open_.back();
  if (closed == inside::element && !element_has_url_) note("/urls/" + std::to_string(element_), "has no \"url\"");
  open_.pop_back();
  return value_ended(ec);
}

bool submit_handler::value_ended(error& ec) {
  key_.clear();
  if (!open_.empty() && open_.back() == inside::urls) {
    ++element_;
    value_ = role::element;
  } else if (!open_.empty() && open_.back() == inside::ignored) {
    value_ = role::ignored;
  }
  return within_limit(ec);
}

bool submit_handler::on_key_part(text_view text, std::size_t, error&) {
  if (std::exchange(key_ended_, false)) key_.clear();
  if (key_.size() < longest_key) key_.append(text.data(), text.size());
  return true;
}

bool submit_handler::on_key(text_view text, std::size_t, error& ec) {
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
  if (key == "url")
    note_here("is given twice");
  else
    note_here(is_one_of(element_keys_to_come, key) ? std::string(not_supported) : "is not a key of an input");
  return role::ignored;
}

submit_handler::role submit_handler::role_of_option_key(std::string_view key) {
  option_ = find_fetch_option(key);
  if (option_ == nullptr) {
    note_here(is_option_to_come(key) ? std::string(not_supported) : "is not an option");
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
    case role::element_url:
    case role::header:
      note_here("must be a text");
      break;
    case role::option:
      note_here(expected(*option_));
      break;
    case role::ignored:
      break;
  }
}

bool submit_handler::check(option_problem wrong, error& ec) {
  if (wrong) note_here(std::move(*wrong));
  return value_ended(ec);
}

bool submit_handler::on_int64(std::int64_t value, text_view, error& ec) {
  return value < 0 ? refuse_value(ec) : set_integer(static_cast<std::uint64_t>(value), ec);
}

bool submit_handler::set_integer(std::uint64_t value, error& ec) {
  if (value_ != role::option) return refuse_value(ec);
  return check(set_option(into_.options(), *option_, value), ec);
}

bool submit_handler::on_bool(bool value, error& ec) {
  if (value_ != role::option) return refuse_value(ec);
  return check(set_option(into_.options(), *option_, value), ec);
}

bool submit_handler::on_string_part(text_view text, std::size_t, error&) {
  if (value_ != role::ignored) text_.append(text.data(), text.size());
  return true;
}

bool submit_handler::on_string(text_view text, std::size_t, error& ec) {
  if (text_.empty()) return take_text(view(text), ec);
  const std::string whole = std::exchange(text_, {}).append(text.data(), text.size());
  return take_text(whole, ec);
}

bool submit_handler::take_text(std::string_view text, error& ec) {
  switch (value_) {
    case role::element:
    case role::element_url:
      return add_url(text, ec);
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

}  // namespace trawl
