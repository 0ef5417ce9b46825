#include "fetch/response_head.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "fetch/field_text.hpp"

namespace trawl {
namespace {

/// A parser keeps its strings between responses, but not one that a single huge head has stretched.
constexpr std::size_t kept_capacity = 4096;

void empty(std::string& used) {
  used.clear();
  if (used.capacity() > kept_capacity) used.shrink_to_fit();
}

/// Names are compared like this only where no CR can stand: 0x0d would pass for a '-'.
template <std::size_t Size>
bool is_name(std::string_view name, const char (&lower)[Size]) {
  unsigned difference = 0;
  for (std::size_t i = 0; i + 1 < Size; ++i) difference |= static_cast<unsigned>((name[i] | 0x20) ^ lower[i]);
  return difference == 0;
}

/// Whether a line beginning so can be, with or without white space before it, one of the fields read here.
bool may_matter(char first) {
  constexpr unsigned initials =
      1u << ('c' & 31) | 1u << ('l' & 31) | 1u << ('p' & 31) | 1u << ('r' & 31) | 1u << ('t' & 31) | 1u << ('w' & 31);
  return static_cast<unsigned char>(first) <= ' ' || (initials >> (first & 31) & 1) != 0;
}

bool refuse(failure& fault, errc code, std::string_view words, std::string_view shown) {
  fault.code = code;
  fault.detail = words;
  fault.detail += ' ';
  append_quoted(fault.detail, shown);
  return false;
}

/// Takes "HTTP/x.y" or "ICY" off a status line; nullopt when it is neither, or a version before 1.0.
/// Every 1.x above 1.0, and what calls itself 2 or 3, is read as 1.1; a bare "HTTP/1" as 1.0.
std::optional<std::uint8_t> take_version(std::string_view& line) {
  if (starts_ignoring_case(line, "icy ")) {  // SHOUTcast: HTTP/1.0 in all but name.
    line.remove_prefix(3);
    return std::uint8_t{0};
  }
  if (!starts_ignoring_case(line, "http/") || line.size() < 6 || line[5] < '1' || line[5] > '9') return std::nullopt;
  const bool one = line[5] == '1';
  line.remove_prefix(6);
  if (line.size() < 2 || line[0] != '.') return std::uint8_t(one ? 0 : 1);
  line.remove_prefix(1);
  if (!is_digit(line.front())) return std::nullopt;
  const bool zero = line.front() == '0';
  line.remove_prefix(1);
  return std::uint8_t(one && zero ? 0 : 1);
}

/// The three digits after at least one space. Anything may follow but a fourth digit.
std::optional<std::uint16_t> take_status(std::string_view line) {
  if (line.empty() || !is_ows(line.front())) return std::nullopt;
  line = trim_ows(line);
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return std::nullopt;
  if (line[0] == '0' || (line.size() > 3 && is_digit(line[3]))) return std::nullopt;
  return static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
}

/// RFC 9110 5.3: several fields of one name are one list.
void add_to_list(std::string& list, std::string_view value) {
  if (!value.empty()) list.append(list.empty() ? "" : ", ").append(value);
}

/// Whether an element of a challenge list begins with this scheme.
bool names_scheme(std::string_view member, std::string_view lower) {
  return starts_ignoring_case(member, lower) && (member.size() == lower.size() || is_ows(member[lower.size()]));
}

/// RFC 9112 5.1. One reader would obey such a length, the next ignore it: that is how responses are split.
bool refuse_spaced(std::string_view line, failure& fault) {
  return refuse(fault, errc::http_protocol_error, "white space beside the name of a length or coding:", line);
}

std::string_view trim_controls(std::string_view name) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!name.empty() && odd(name.front())) name.remove_prefix(1);
  while (!name.empty() && odd(name.back())) name.remove_suffix(1);
  return name;
}

}  // namespace

void head_reader::start() {
  head_ = response_head{};
  seen_ = facts{};
  empty(text_);
  empty(codings_);
  empty(challenges_);
}

bool head_reader::may_begin(std::string_view octets) {
  return starts_ignoring_case(octets, std::string_view("http/").substr(0, octets.size())) ||
         starts_ignoring_case(octets, std::string_view("icy ").substr(0, octets.size()));
}

bool head_reader::status_line(std::string_view line, failure& fault) {
  std::string_view rest = line;
  const auto minor = take_version(rest);
  const auto status = minor ? take_status(rest) : std::nullopt;
  if (!status) return refuse(fault, errc::http_protocol_error, "malformed status line", line);
  head_.http_minor = *minor;
  head_.status = *status;
  return true;
}

head_reader::field head_reader::field_named(std::string_view name) {
  const auto is = [name](const auto& lower, field which, field otherwise = field::other) {
    return is_name(name, lower) ? which : otherwise;
  };
  switch (name.size()) {
    case 8:
      return is("location", field::location);
    case 10:
      return is("connection", field::connection);
    case 11:
      return is("retry-after", field::retry_after);
    case 12:
      return is("content-type", field::content_type);
    case 14:
      return is("content-length", field::content_length);
    case 16:
      return is("content-encoding", field::content_encoding, is("www-authenticate", field::www_authenticate));
    case 17:
      return is("transfer-encoding", field::transfer_encoding);
    case 18:
      return is("proxy-authenticate", field::proxy_authenticate);
    default:
      return field::other;
  }
}

bool head_reader::field_line(std::string_view line, failure& fault) {
  if (is_ows(line.front())) return continue_field(line, fault);
  if (seen_.open != field::other && !commit(fault)) return false;
  seen_.any_field = true;
  if (!may_matter(line.front())) return true;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;  // As every browser: a line that is no field says nothing.
  const auto written = line.substr(0, colon);
  const auto name = trim_controls(written);
  const field which = field_named(name);
  if (name.size() != written.size() && frames(which)) return refuse_spaced(line, fault);
  if (which != field::other) begin_field(which, line.substr(colon + 1));
  return true;
}

bool head_reader::continue_field(std::string_view line, failure& fault) {
  const auto more = trim_ows(line);
  if (!seen_.any_field) {  // RFC 9112 2.2: white space before the first field is skipped, unless it hides a length.
    const field hidden = field_named(trim_controls(more.substr(0, more.find(':'))));
    return !frames(hidden) || refuse_spaced(line, fault);
  }
  if (seen_.open == field::other || more.empty()) return true;
  if (text_.size() > seen_.open_at) text_ += ' ';  // RFC 9112 5.2: a fold counts as a space.
  text_ += more;
  return true;
}

void head_reader::begin_field(field which, std::string_view value) {
  seen_.open = which;
  seen_.open_at = static_cast<std::uint32_t>(text_.size());
  text_ += trim_ows(value);
}

bool head_reader::commit(failure& fault) {
  const span value{seen_.open_at, static_cast<std::uint32_t>(text_.size()) - seen_.open_at};
  switch (std::exchange(seen_.open, field::other)) {
    case field::connection:
      read_connection(at(value));
      break;
    case field::content_encoding:
      add_to_list(codings_, at(value));
      break;
    case field::content_length:
      return read_length(at(value), fault);
    case field::content_type:
      if (value.size != 0) seen_.content_type = value;
      break;
    case field::location:
      commit_location(value);
      break;
    case field::proxy_authenticate:
      read_authenticate(at(value));
      add_to_list(challenges_, at(value));
      break;
    case field::retry_after:
      if (seen_.retry_after.size == 0) seen_.retry_after = value;
      break;
    case field::transfer_encoding:
      read_codings(at(value));
      break;
    case field::www_authenticate:
      read_authenticate(at(value));
      break;
    case field::other:
      break;
  }
  return true;
}

void head_reader::commit_location(span value) {
  if (value.size == 0) return;
  if (seen_.location.size == 0) {
    seen_.location = value;
  } else if (at(seen_.location) != at(value)) {
    head_.location_conflicts = true;
  }
}

void head_reader::read_connection(std::string_view value) {
  all_members(value, [this](std::string_view option) {
    seen_.close |= equals_ignoring_case(option, "close");
    seen_.stay |= equals_ignoring_case(option, "keep-alive");
    return true;
  });
}

void head_reader::read_authenticate(std::string_view value) {
  all_members(value, [this](std::string_view member) {
    seen_.bound_to_user |= names_scheme(member, "ntlm") || names_scheme(member, "negotiate");
    return true;
  });
}

bool head_reader::read_length(std::string_view value, failure& fault) {
  return all_members(value, [&](std::string_view member) {
    const auto length = decimal_length(member);
    if (!length) return refuse(fault, errc::http_protocol_error, "malformed Content-Length", value);
    if (head_.content_length && *head_.content_length != *length)
      return refuse(fault, errc::http_protocol_error,
                    "conflicting Content-Length: " + std::to_string(*head_.content_length) + " and", value);
    head_.content_length = length;
    return true;
  });
}

void head_reader::read_codings(std::string_view value) {
  seen_.codings_seen = true;
  all_members(value, [this](std::string_view coding) {
    if (!coding.empty()) read_coding(coding);
    return true;
  });
}

void head_reader::read_coding(std::string_view coding) {
  seen_.chunked_last = equals_ignoring_case(coding, "chunked");
  if (seen_.chunked_last) {
    seen_.chunked_count = seen_.chunked_count == 0 ? 1 : 2;
  } else if (equals_ignoring_case(coding, "identity")) {  // Of RFC 2616; browsers and curl take it for "none".
    seen_.identity = true;
  } else if (seen_.unknown_coding.size == 0) {
    seen_.unknown_coding = {static_cast<std::uint32_t>(coding.data() - text_.data()),
                            static_cast<std::uint32_t>(coding.size())};
  }
}

bool head_reader::check_codings(failure& fault) const {
  constexpr auto code = errc::http_response_transfer_coding;
  if (!seen_.codings_seen) return true;
  if (seen_.unknown_coding.size != 0) return refuse(fault, code, "unknown transfer coding", at(seen_.unknown_coding));
  if (seen_.chunked_count == 0 && seen_.identity) return true;
  if (seen_.chunked_count == 0) return refuse(fault, code, "empty Transfer-Encoding", "");
  if (seen_.chunked_count > 1) return refuse(fault, code, "transfer coding applied twice:", "chunked");
  return seen_.chunked_last || refuse(fault, code, "transfer coding is not the last one:", "chunked");
}

bool head_reader::finish(asked method, failure& fault) {
  if (!commit(fault)) return false;
  decide_framing(method);
  if (head_.framing != body_framing::none && !check_codings(fault)) return false;
  decide_reuse();
  if (seen_.chunked_count != 0) head_.content_length.reset();
  publish_views();
  return true;
}

void head_reader::decide_framing(asked method) {
  const auto status = head_.status;
  const bool tunnel = method == asked::connect && status / 100 == 2;
  const bool bodyless = method == asked::head || status < 200 || status == 204 || status == 304;
  if (bodyless || tunnel) {
    head_.framing = body_framing::none;
  } else if (seen_.chunked_count != 0) {
    head_.framing = body_framing::chunked;
  } else {
    head_.framing = head_.content_length ? body_framing::length : body_framing::until_close;
  }
}

void head_reader::decide_reuse() {
  const bool wanted = !seen_.close && (head_.http_minor == 1 || seen_.stay);
  // RFC 9112 6.1: a coding beside a length, or in HTTP/1.0, is faulty framing: close after this message.
  const bool faulty = seen_.codings_seen && (head_.content_length || head_.http_minor == 0 || seen_.identity);
  head_.keep_alive = wanted && !faulty && !seen_.bound_to_user && head_.framing != body_framing::until_close;
}

void head_reader::publish_views() {
  head_.content_type = at(seen_.content_type);
  head_.location = at(seen_.location);
  head_.retry_after = at(seen_.retry_after);
  head_.content_encoding = codings_;
  head_.proxy_authenticate = challenges_;
}

}  // namespace trawl
