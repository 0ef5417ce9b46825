#include "task/record_codec.hpp"

#include <cstring>

#include "task/varint.hpp"

namespace trawl {
namespace {

// Which parts follow the fixed facts.
enum part : std::uint16_t {
  with_failure = 1,
  with_retry_at = 2,
  with_response = 4,
  with_body = 8,
  with_content_type = 16,
  with_remote_ip = 32,
  with_final_url = 64,
  with_redirects = 128,
  with_tls = 256,
  retryable_failure = 512,
};

struct fixed_facts {
  std::uint32_t position;
  std::uint32_t timestamp;  // Epoch seconds fit until 2106.
  std::uint16_t parts;
  std::uint8_t timings;  // One bit a part.
  std::uint8_t code;
};

std::uint16_t parts_of(const record& r) {
  std::uint16_t parts = 0;
  const auto add = [&parts](bool there, part which) {
    parts = static_cast<std::uint16_t>(parts | (there ? which : 0));
  };
  add(r.code != errc::none, with_failure);
  add(r.retryable, retryable_failure);
  add(r.retry_at != 0, with_retry_at);
  add(r.status_code != 0, with_response);
  add(r.has_body, with_body);
  add(!r.content_type.empty(), with_content_type);
  add(!r.remote_ip.empty(), with_remote_ip);
  add(!r.final_url.empty(), with_final_url);
  add(!r.redirects.empty(), with_redirects);
  add(!r.tls_version.empty(), with_tls);
  return parts;
}

std::uint8_t timings_of(const record& r) {
  std::uint8_t bits = 0;
  for (std::size_t i = 0; i < timing_count; ++i)
    if (r.took.has(static_cast<timing>(i))) bits = static_cast<std::uint8_t>(bits | (1U << i));
  return bits;
}

std::size_t text_bytes(const record& r) {
  std::size_t size = r.detail.size() + r.content_type.size() + r.remote_ip.size() + r.final_url.size() +
                     r.tls_version.size() + r.tls_cipher.size() + r.tls_verify_note.size();
  for (const redirect_hop& hop : r.redirects) size += hop.url.size() + 2 * varint_max_bytes;
  return size;
}

std::byte* put_failure(std::byte* at, const record& r) {
  *at++ = static_cast<std::byte>(r.where);
  at = put_bytes(at, r.detail);
  return r.retry_at != 0 ? put_varint(at, static_cast<std::uint64_t>(r.retry_at)) : at;
}

std::byte* put_response(std::byte* at, const record& r) {
  at = put_varint(at, r.status_code);
  *at++ = static_cast<std::byte>(r.http_version);
  return at;
}

std::byte* put_redirects(std::byte* at, const record& r) {
  at = put_varint(at, r.redirects.size());
  for (const redirect_hop& hop : r.redirects) {
    at = put_varint(at, hop.status_code);
    at = put_bytes(at, hop.url);
  }
  return at;
}

std::byte* put_tls(std::byte* at, const record& r) {
  at = put_bytes(at, r.tls_version);
  at = put_bytes(at, r.tls_cipher);
  at = put_varint(at, static_cast<std::uint64_t>(r.tls_not_after));
  return put_bytes(at, r.tls_verify_note);
}

std::byte* put_timings(std::byte* at, const record& r) {
  for (std::size_t i = 0; i < timing_count; ++i)
    if (r.took.has(static_cast<timing>(i)))
      at = put_varint(at, static_cast<std::uint64_t>(r.took.get(static_cast<timing>(i))));
  return at;
}

void get_failure(const std::byte*& at, unsigned parts, record& into) {
  into.where = static_cast<phase>(*at++);
  into.detail = get_bytes(at);
  if (parts & with_retry_at) into.retry_at = static_cast<std::int64_t>(get_varint(at));
}

void get_redirects(const std::byte*& at, record& into) {
  for (std::uint64_t left = get_varint(at); left > 0; --left) {
    const auto status = static_cast<std::uint16_t>(get_varint(at));
    into.redirects.push_back({status, get_bytes(at)});
  }
}

void get_tls(const std::byte*& at, record& into) {
  into.tls_version = get_bytes(at);
  into.tls_cipher = get_bytes(at);
  into.tls_not_after = static_cast<std::int64_t>(get_varint(at));
  into.tls_verify_note = get_bytes(at);
}

void reset(record& into) {
  auto redirects = std::move(into.redirects);
  redirects.clear();
  const auto index = into.index;
  const auto url = into.url;
  into = record{};
  into.index = index;
  into.url = url;
  into.redirects = std::move(redirects);
}

}  // namespace

std::byte* encode_record(const record& r, arena& into) {
  const fixed_facts facts{0, static_cast<std::uint32_t>(r.timestamp), parts_of(r), timings_of(r),
                          static_cast<std::uint8_t>(r.code)};
  const std::size_t most = sizeof facts + 2 + (8 + 8 + timing_count) * varint_max_bytes + text_bytes(r);
  std::byte* const start = into.take(most);
  std::memcpy(start, &facts, sizeof facts);
  std::byte* at = put_varint(start + sizeof facts, r.attempts);
  if (facts.parts & with_failure) at = put_failure(at, r);
  if (facts.parts & with_response) at = put_response(at, r);
  if (facts.parts & with_body) at = put_varint(at, r.content_length);
  if (facts.parts & with_content_type) at = put_bytes(at, r.content_type);
  if (facts.parts & with_remote_ip) at = put_bytes(at, r.remote_ip);
  if (facts.parts & with_final_url) at = put_bytes(at, r.final_url);
  if (facts.parts & with_redirects) at = put_redirects(at, r);
  if (facts.parts & with_tls) at = put_tls(at, r);
  at = put_timings(at, r);
  into.give_back(most - static_cast<std::size_t>(at - start));
  return start;
}

void set_record_position(std::byte* encoded, std::uint32_t position) {
  std::memcpy(encoded, &position, sizeof position);
}

std::uint32_t record_position(const std::byte* encoded) {
  std::uint32_t position = 0;
  std::memcpy(&position, encoded, sizeof position);
  return position;
}

void decode_record(const std::byte* encoded, record& into) {
  reset(into);
  fixed_facts facts{};
  std::memcpy(&facts, encoded, sizeof facts);
  const std::byte* at = encoded + sizeof facts;
  into.timestamp = facts.timestamp;
  into.code = static_cast<errc>(facts.code);
  into.retryable = (facts.parts & retryable_failure) != 0;
  into.attempts = static_cast<std::uint16_t>(get_varint(at));
  if (facts.parts & with_failure) get_failure(at, facts.parts, into);
  if (facts.parts & with_response) {
    into.status_code = static_cast<std::uint16_t>(get_varint(at));
    into.http_version = static_cast<std::uint8_t>(*at++);
  }
  into.has_body = (facts.parts & with_body) != 0;
  if (into.has_body) into.content_length = get_varint(at);
  if (facts.parts & with_content_type) into.content_type = get_bytes(at);
  if (facts.parts & with_remote_ip) into.remote_ip = get_bytes(at);
  if (facts.parts & with_final_url) into.final_url = get_bytes(at);
  if (facts.parts & with_redirects) get_redirects(at, into);
  if (facts.parts & with_tls) get_tls(at, into);
  for (std::size_t i = 0; i < timing_count; ++i)
    if (facts.timings & (1U << i)) into.took.set(static_cast<timing>(i), static_cast<std::int64_t>(get_varint(at)));
}

}  // namespace trawl
