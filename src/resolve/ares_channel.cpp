#include "resolve/ares_channel.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "base/memory_shortage.hpp"
#include "base/start_error.hpp"
#include "resolve/ares_reply.hpp"

namespace trawl {
namespace {

void initialise_library() {
  // Function statics are thread-safe.
  static const int once = ares_library_init_mem(ARES_LIB_INIT_ALL, patient_malloc, std::free, patient_realloc);
  if (once != ARES_SUCCESS) throw start_error(std::string("c-ares: ") + ares_strerror(once));
}

// Of a query that ended without a reply. `error`: errno as c-ares left it. It takes EAGAIN of connect(), no free port,
// for a beginning, and then has no address to send to.
dns_reply kind_of_status(int status, int error) {
  const bool short_of_sockets =
      error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EDESTADDRREQ;
  if (status == ARES_ETIMEOUT) return dns_reply::no_answer;
  if (status == ARES_ENOMEM || (status == ARES_ECONNREFUSED && short_of_sockets)) return dns_reply::out_of_resources;
  if (status == ARES_EBADRESP) return dns_reply::malformed;
  return dns_reply::unreachable;
}

// c-ares takes servers as a list of its own kind of node.
ares_addr_port_node node_of(const asio::ip::udp::endpoint& server) {
  ares_addr_port_node node{};
  node.udp_port = node.tcp_port = server.port();
  if (server.address().is_v4()) {
    node.family = AF_INET;
    const auto bytes = server.address().to_v4().to_bytes();
    std::memcpy(&node.addr.addr4, bytes.data(), bytes.size());
  } else {
    node.family = AF_INET6;
    const auto bytes = server.address().to_v6().to_bytes();
    std::memcpy(&node.addr.addr6, bytes.data(), bytes.size());
  }
  return node;
}

}  // namespace

struct ares_channel::socket {
  socket(executor_type loop, int fd, ares_channel* channel) : descriptor(loop), number(fd), owner(channel) {}
  asio::posix::basic_stream_descriptor<executor_type> descriptor;
  const int number;     ///< c-ares', who closes it.
  ares_channel* owner;  ///< Null once c-ares has closed it; a handler may still be on its way then.
  bool wants_read = false;
  bool wants_write = false;
  bool reading = false;
  bool writing = false;
};

ares_channel::ares_channel(executor_type loop, const asio::ip::udp::endpoint& server, milliseconds patience,
                           std::function<void()> after_run)
    : loop_(std::move(loop)), after_run_(std::move(after_run)) {
  initialise_library();
  // Everything is said here, so that c-ares reads no file: it would do so for each channel.
  ares_options options{};
  in_addr placeholder{htonl(INADDR_LOOPBACK)};
  char lookups[] = "b";
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS;
  options.timeout = static_cast<int>(patience.count());
  options.tries = 1;
  options.ndots = 1;
  options.ednspsz = 1232;  // What passes everywhere in one datagram (DNS flag day 2020).
  options.socket_receive_buffer_size = options.socket_send_buffer_size = 4 << 20;
  options.servers = &placeholder;
  options.nservers = 1;
  options.lookups = lookups;
  options.sock_state_cb = on_socket_state;
  options.sock_state_cb_data = this;
  const int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ |
                    ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_SNDBUF | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
                    ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_NOROTATE | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&channel_, &options, given); status != ARES_SUCCESS)
    throw start_error(std::string("c-ares: ") + ares_strerror(status));
  ares_set_socket_configure_callback(channel_, on_socket, this);
  ares_addr_port_node node = node_of(server);
  if (ares_set_servers_ports(channel_, &node) == ARES_SUCCESS) return;
  ares_destroy(channel_);
  throw start_error("c-ares: out of memory");
}

ares_channel::~ares_channel() {
  ares_destroy(channel_);  // Ends every query and closes every socket, through the callbacks below.
  assert(open_ == 0 && sockets_.empty());
}

void ares_channel::ask(const std::string& name, dns_family family, std::unique_ptr<dns_query> query) {
  ++open_;
  ++asked_;
  errno = 0;  // on_answer() looks at it.
  query->channel_ = this;
  query->family_ = family;
  query->streams_before_ = streams_;
  // Ours again in on_answer(), which c-ares calls exactly once whatever happens.
  dns_query* const asked = query.release();
  ::ares_query(channel_, name.c_str(), ns_c_in, family == dns_family::a ? ns_t_a : ns_t_aaaa, on_answer, asked);
}

void ares_channel::reap() {
  for (const auto& [fd, which] : sockets_) arm(which);
  errno = 0;
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  after_run_();
}

void ares_channel::on_answer(void* query, int status, int, unsigned char* reply, int size) {
  const int error = errno;
  const std::unique_ptr<dns_query> ended(static_cast<dns_query*>(query));
  ares_channel& channel = *ended->channel_;
  --channel.open_;
  if (status == ARES_EDESTRUCTION) return;
  dns_answer answer;
  if (reply != nullptr)
    answer = read_reply(ended->family_, {reinterpret_cast<const char*>(reply), static_cast<std::size_t>(size)});
  else
    answer.kind = kind_of_status(status, error);
  // c-ares does not say that it has gone over to TCP. With other queries about this may be somebody else's connection,
  // and then the server is hardly better off.
  if (answer.kind == dns_reply::unreachable && channel.streams_ != ended->streams_before_)
    answer.kind = dns_reply::no_tcp;
  ended->answered(std::move(answer));
}

int ares_channel::on_socket(int, int type, void* self) {
  if (type == SOCK_STREAM) ++static_cast<ares_channel*>(self)->streams_;
  return 0;
}

void ares_channel::on_socket_state(void* self, int fd, int readable, int writable) {
  auto& channel = *static_cast<ares_channel*>(self);
  if (readable == 0 && writable == 0) return channel.forget(fd);
  channel.watch(fd, readable != 0, writable != 0);
}

void ares_channel::watch(int fd, bool readable, bool writable) {
  std::shared_ptr<socket>& which = sockets_[fd];
  if (!which) which = std::make_shared<socket>(loop_, fd, this);
  which->wants_read = readable;
  which->wants_write = writable;
  arm(which);
}

void ares_channel::forget(int fd) {
  const auto at = sockets_.find(fd);
  if (at == sockets_.end()) return;
  at->second->owner = nullptr;
  // c-ares closes it after this; twice would hit somebody else's descriptor.
  if (at->second->descriptor.is_open()) at->second->descriptor.release();
  sockets_.erase(at);
}

// What epoll has no memory for is tried again by reap().
void ares_channel::arm(const std::shared_ptr<socket>& which) {
  using base = asio::posix::descriptor_base;
  error_code ec;
  if (!which->descriptor.is_open()) which->descriptor.assign(which->number, ec);
  if (ec) return;
  if (which->wants_read && !std::exchange(which->reading, true))
    which->descriptor.async_wait(base::wait_read, [which](error_code ec) {
      which->reading = false;
      if (!ec && which->owner != nullptr) which->owner->ready(which, true);
    });
  if (which->wants_write && !std::exchange(which->writing, true))
    which->descriptor.async_wait(base::wait_write, [which](error_code ec) {
      which->writing = false;
      if (!ec && which->owner != nullptr) which->owner->ready(which, false);
    });
}

void ares_channel::ready(const std::shared_ptr<socket>& which, bool readable) {
  const int fd = which->number;
  errno = 0;
  ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : fd);
  after_run_();
  if (which->owner != nullptr) arm(which);
}

}  // namespace trawl
