#include "api/http/ws_transport.hpp"

#include <boost/asio/error.hpp>
#include <cerrno>

namespace trawl {

ws_transport::ws_transport(socket_type& socket, tls_accepted* tls)
    : socket_(socket), secure_(tls == nullptr ? nullptr : std::make_shared<secured>(secured{&socket, tls})) {
  if (secure_) tls->wire().duplex = true;
}

ws_transport::~ws_transport() {
  if (secure_) secure_->socket = nullptr;
}

ws_transport::encrypted ws_transport::encrypt(std::string_view plain) { return {secure_->tls->write(plain)}; }

std::optional<ws_transport::outcome> ws_transport::secured::try_read(asio::mutable_buffer into) const {
  if (lost()) return outcome{asio::error::operation_aborted};
  const std::size_t size = tls->read(into.data(), into.size());
  static_cast<void>(
      flush(tls->wire()));  // What TLS itself had to answer. What does not leave does with the next frame.
  if (size > 0 || into.size() == 0) return outcome{{}, size};
  if (tls->over()) return outcome{asio::error::eof};
  return std::nullopt;
}

std::optional<ws_transport::outcome> ws_transport::secured::try_send(std::size_t taken) const {
  if (lost()) return outcome{asio::error::operation_aborted};
  const int error = flush(tls->wire());
  if (error == EAGAIN) return std::nullopt;
  if (error != 0) return outcome{error_code(error, boost::system::system_category())};
  if (taken == 0) return outcome{asio::error::connection_aborted};  // TLS is broken, and takes nothing any more.
  return outcome{{}, taken};
}

void ws_transport::end_tls() {
  if (!secure_ || secure_->lost()) return;
  secure_->tls->close();
  static_cast<void>(flush(secure_->tls->wire()));  // If it cannot leave at once, the client reads nothing anyway.
}

}  // namespace trawl
