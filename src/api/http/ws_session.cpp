#include "api/http/ws_session.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "api/http/field_list.hpp"
#include "api/http/ws_transport.hpp"
#include "base/text.hpp"
#include "base/waiter.hpp"
#include "stream/json.hpp"
#include "stream/results_source.hpp"

namespace trawl {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr seconds handshake_time{5};  // Of the closing one, too.
constexpr seconds idle_time{30};      // A ping after half of it.
constexpr std::size_t longest_said = 4096;

bool lists(std::string_view field, std::string_view token) {
  while (!field.empty())
    if (equals_ignoring_case(take_element(field, ','), token)) return true;
  return false;
}

// RFC 6455 4.2.1: 16 octets in base64. Bits that mean nothing may be set in it: clients choose 22 digits at random, and
// the answer is made of the text.
bool is_key(std::string_view text) {
  constexpr std::size_t digits = 22;
  const auto is_base64 = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/'; };
  return text.size() == digits + 2 && text.ends_with("==") && std::ranges::all_of(text.substr(0, digits), is_base64);
}

// As Beast wants to see it.
http::request<http::empty_body> upgrade_of(const request& asked) {
  http::request<http::empty_body> made(http::verb::get, asked.path, 11);
  for (const auto& [name, value] : asked.fields) made.insert(name, value);
  return made;
}

class watcher {
 public:
  watcher(socket_type& socket, tls_accepted* tls, ws_host& host, std::unique_ptr<event_feed> feed)
      : stream_(socket, tls), host_(host), feed_(std::move(feed)), ended_(socket.get_executor()) {}

  awaitable<bool> accept(const request& asked);
  awaitable<void> tell();
  awaitable<void> listen();
  awaitable<void> wait_for_listener();

 private:
  awaitable<void> send_frame(std::string_view event, std::string_view id, std::string_view data);
  awaitable<void> close(websocket::close_reason why);
  void set_up(const std::string& id);

  websocket::stream<ws_transport, false> stream_;
  ws_host& host_;
  std::unique_ptr<event_feed> feed_;
  waiter ended_;
  bool listening_ = true;
  bool gone_ = false;
  std::string frame_;
};

void watcher::set_up(const std::string& id) {
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = handshake_time;
  limits.idle_timeout = idle_time;
  limits.keep_alive_pings = true;
  stream_.set_option(limits);
  stream_.set_option(websocket::stream_base::decorator([id](websocket::response_type& answer) {
    answer.set(http::field::server, "trawl");
    answer.set("X-Request-Id", id);
  }));
  stream_.read_message_max(longest_said);
  stream_.text(true);
  stream_.auto_fragment(false);  // Each event is one frame, however long.
}

awaitable<bool> watcher::accept(const request& asked) {
  set_up(asked.id);
  const auto head = upgrade_of(asked);
  const auto [ec] = co_await stream_.async_accept(head, use_tuple);
  co_return !ec;
}

// Until the client closes or is lost; Beast answers pings and closes in here.
awaitable<void> watcher::listen() {
  boost::beast::flat_buffer said;
  while (!gone_) {
    const auto [ec, size] = co_await stream_.async_read(said, use_tuple);
    if (ec) gone_ = true;
    said.clear();
  }
  listening_ = false;
  ended_.wake();
  host_.call();
}

awaitable<void> watcher::wait_for_listener() {
  while (listening_) co_await ended_.wait();
}

awaitable<void> watcher::tell() {
  feed_event event;
  flow state = flow::more;
  while (!gone_ && state != flow::end) {
    state = host_.cutting() ? flow::cut : feed_->next(event, clock::now());
    if (state == flow::cut) break;
    if (state == flow::waiting) {
      co_await host_.rest(feed_->look(clock::now()));
      continue;
    }
    const std::string id = cursor_text(event.cursor);
    co_await send_frame(event.name, id, event.data);
  }
  if (gone_) co_return;
  websocket::close_reason why(websocket::close_code::normal);
  if (state == flow::cut) {
    const problem reason = host_.cut_reason();
    const std::string told = to_json(reason);
    co_await send_frame("problem", "", told);
    why.code = ws_task_deleted;
    if (reason.status == 503) why.code = websocket::close_code::going_away;
    why.reason.assign(reason.status == 503 ? "the service is shutting down" : "the task was deleted");
  }
  co_await close(why);
}

awaitable<void> watcher::send_frame(std::string_view event, std::string_view id, std::string_view data) {
  frame_ = R"({"event":)";
  append_json_string(frame_, event);
  frame_ += R"(,"id":)";
  if (id.empty())
    frame_ += "null";
  else
    append_json_string(frame_, id);
  frame_.append(R"(,"data":)").append(data).append("}");
  const auto [ec, size] = co_await stream_.async_write(asio::buffer(frame_), use_tuple);
  if (ec) gone_ = true;
}

awaitable<void> watcher::close(websocket::close_reason why) {
  const auto [ec] = co_await stream_.async_close(why, use_tuple);
  static_cast<void>(ec);  // Whoever does not answer a close is gone all the same.
}

// An exception in there is a bug, and silence would hide it.
void rethrow(const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
}

}  // namespace

std::optional<problem> not_websocket(const request& asked) {
  if (asked.method != "GET" || asked.version != 11 || !lists(asked.field("connection"), "upgrade") ||
      !lists(asked.field("upgrade"), "websocket"))
    return problem(426, "this is a WebSocket: ask for an upgrade (RFC 6455); /events has the same as a plain stream");
  if (asked.field("sec-websocket-version") != "13") return problem(426, "the only WebSocket version here is 13");
  if (!is_key(asked.field("sec-websocket-key"))) return bad_header("Sec-WebSocket-Key", "must be 16 octets in base64");
  return std::nullopt;
}

awaitable<void> serve_websocket(socket_type& socket, tls_accepted* tls, const request& asked, ws_host& host,
                                std::unique_ptr<event_feed> feed) {
  watcher one(socket, tls, host, std::move(feed));
  const bool accepted = co_await one.accept(asked);
  if (!accepted) co_return;
  asio::co_spawn(socket.get_executor(), one.listen(), rethrow);
  std::exception_ptr failed;  // No memory, say: the listener still has to be waited for.
  try {
    co_await one.tell();
  } catch (...) {
    failed = std::current_exception();
  }
  error_code ignored;
  socket.cancel(ignored);
  co_await one.wait_for_listener();
  if (failed) std::rethrow_exception(failed);
}

}  // namespace trawl
