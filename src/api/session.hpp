// One connection of a client: requests are read, routed, answered, one after the other, until one side has
// enough. Bodies go to their reader as they arrive and large answers are pulled as they leave, so a slow
// client holds one block and nobody else up.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "api/door/door.hpp"
#include "api/http/answer_head.hpp"
#include "api/http/connection.hpp"
#include "api/http/gzip_writer.hpp"
#include "api/http/read_buffer.hpp"
#include "api/http/request_parser.hpp"
#include "api/http/router.hpp"
#include "api/http/server_counts.hpp"
#include "api/http/tls_identity.hpp"
#include "api/http/ws_session.hpp"

namespace trawl {

class session;

/// A connection on which no request is being served, as whoever needs its descriptor sees it.
struct idle_session : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  time_point idle_since{};
  /// Ends it, soon: not inside this call.
  virtual void make_way() = 0;

 protected:
  ~idle_session() = default;
};

/// How long a client may take. Each is what common servers allow, or less.
struct session_limits {
  milliseconds head{10000};        ///< For a head, from its first byte; and for that first byte of all.
  milliseconds idle{75000};        ///< Between two requests.
  milliseconds body_stall{30000};  ///< Without a byte of a body.
  milliseconds body_grace{30000};  ///< From then on a body has come as fast as body_rate on the whole.
  std::uint64_t body_rate = 500;   ///< Octets a second.
  milliseconds write_stall{30000};
  milliseconds linger{2000};
};

/// What all sessions of a server share.
struct session_context {
  session_context(const executor_type& on, door_options entry) : loop(on), times(on), entrance(std::move(entry)) {}

  const executor_type loop;
  timekeeper times;
  door entrance;
  tls_identity identity;  ///< Once it is ready all connections are under TLS.
  router routes{{}};
  request_ids ids;
  server_counts counts;
  session_limits limits;
  bool closing = false;  ///< Every answer is the last of its connection.
  bool cutting = false;  ///< Streams end where they are.
  std::set<session*> open;
  std::unordered_map<std::string, std::size_t> open_by_client;  ///< By client_of().
  /// The longest idle first.
  boost::intrusive::list<idle_session, boost::intrusive::constant_time_size<false>> idle;
};

class session final : private idle_session, private peer, private ws_host {
 public:
  session(socket_type socket, std::shared_ptr<session_context> shared);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Serves the connection to its end.
  awaitable<void> run();
  /// Ends it at once when no request is being served.
  void close_if_idle();
  void interrupt();
  /// Has it look at the context again, if it waits for news.
  void call() override { bell_.ring(); }

 private:
  bool gone() override { return shared_->cutting || connection_.peer_closed(); }
  bool cutting() override { return shared_->cutting; }
  problem cut_reason() override { return cut_reason(parser_.head()); }
  awaitable<void> rest(next_look look) override;
  void make_way() override { interrupt(); }
  void be_idle(bool idle);
  awaitable<bool> read_head();
  awaitable<void> answer_request();
  awaitable<answer> make_answer(request& asked);
  awaitable<answer> make_answer_or_503(request& asked);
  awaitable<answer> take_body(const request& asked, const intake_handler& handler);
  [[nodiscard]] time_point body_time(time_point began, std::uint64_t octets) const;
  awaitable<std::optional<problem>> read_body(const request& asked, body_reader& into);
  [[nodiscard]] std::optional<answer> answer_at_once(const request& asked) const;
  awaitable<answer> follow(const request& asked, const route& to);

  awaitable<void> send(const request& asked, answer& told);
  void choose_coding(const request& asked, answer& told);
  void code_block(flow state);
  awaitable<void> upgrade(const request& asked, answer& told);
  awaitable<void> send_whole(const request& asked, answer& told);
  awaitable<void> send_stream(const request& asked, answer& told);
  awaitable<void> send_blocks(const request& asked, block_source& source, flow state);
  awaitable<flow> fill(block_source& source);
  [[nodiscard]] problem cut_reason(const request& asked) const;
  void append_cut(const request& asked, const block_source& source);
  awaitable<void> flush();
  void decide_keeping();
  void give_memory_back();

  const std::shared_ptr<session_context> shared_;
  const asio::ip::address from_;
  connection connection_;
  request_parser parser_;
  read_buffer input_;
  bell bell_;  // While a stream or a handler waits for news.
  std::string output_;
  std::string block_;
  std::unique_ptr<gzip_writer> gzip_;  // While an answer may be coded.
  visit visit_;
  std::string_view route_;  // Path of the route that the request met; empty: none.
  bool idle_ = true;        // No request is being served.
  bool first_ = true;       // None has been.
  bool keep_ = true;        // The connection, after this answer.
  bool upgraded_ = false;   // Another reads from the connection.
  bool gone_ = false;       // Nobody takes what we say.
};

}  // namespace trawl
