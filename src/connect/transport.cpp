#include "connect/transport.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <charconv>

#include "connect/connect_failure.hpp"

namespace trawl {
namespace {

// inet_ntop() takes 0.4 us for it, by printf().
std::string text_of(const asio::ip::address& which) {
  if (!which.is_v4()) return which.to_string();
  std::array<char, 16> text{};
  char* end = text.data();
  for (const unsigned char octet : which.to_v4().to_bytes()) {
    if (end != text.data()) *end++ = '.';
    end = std::to_chars(end, text.data() + text.size(), octet).ptr;
  }
  return {text.data(), end};
}

failure io_failure(const error_code& ec) {
  if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor)
    return {errc::none, phase::none, "interrupted"};
  if (is_shortage(ec.value())) return {errc::out_of_resources, phase::none, error_words(ec)};
  return {errc::connection_terminated, phase::none, "the connection was lost: " + ec.message()};
}

}  // namespace

void transport::opened(const tcp::endpoint& remote) {
  tls_.reset();
  remote_ = remote.address();
  remote_ip_ = text_of(remote_);
}

awaitable<result<void>> transport::write(std::string_view octets) {
  if (tls_) co_return co_await tls_->write(octets);
  while (!octets.empty()) {
    const auto [ec, sent] = co_await socket_.async_write_some(asio::buffer(octets.data(), octets.size()), use_tuple);
    if (ec) co_return io_failure(ec);
    octets.remove_prefix(sent);
  }
  co_return result<void>{};
}

awaitable<result<std::size_t>> transport::read_some(char* into, std::size_t size) {
  if (tls_) co_return co_await tls_->read_some(into, size);
  const auto [ec, got] = co_await socket_.async_read_some(asio::buffer(into, size), use_tuple);
  if (ec && ec != asio::error::eof) co_return io_failure(ec);
  co_return got;
}

awaitable<bool> transport::stay_idle() {
  told_to_stop_ = false;
  char octet = 0;
  const auto got = co_await read_some(&octet, 1);
  co_return told_to_stop_ && !got && got.error().code == errc::none && socket_.is_open();
}

void transport::stop_waiting() {
  told_to_stop_ = true;
  if (tls_) return tls_->interrupt();
  error_code ignored;
  socket_.cancel(ignored);
}

void transport::close() {
  error_code ignored;
  socket_.close(ignored);
}

void transport::start_over() {
  close();
  tls_.reset();
  remote_ = asio::ip::address();
  remote_ip_.clear();
}

}  // namespace trawl
