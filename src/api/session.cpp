#include "api/session.hpp"

#include <new>

#include "base/log.hpp"
#include "base/text.hpp"

namespace trawl {
namespace {

// So much of a body that nobody wants is read for the sake of the connection; more, and it is closed.
constexpr std::uint64_t small_body = std::uint64_t{64} << 10;

constexpr const char* hsts = "max-age=31536000";

// For routes that take no body.
class discarded_body final : public body_reader {
 public:
  bool put(std::string_view piece) override { return (octets_ += piece.size()) <= small_body; }
  [[nodiscard]] bool too_large() const { return octets_ > small_body; }

 private:
  std::uint64_t octets_ = 0;
};

bool expects_continue(const request& asked) { return asked.version == 11 && asked.has("expect"); }

// Of a client that has gone already: any.
asio::ip::address address_of(const socket_type& socket) {
  error_code gone;
  return socket.remote_endpoint(gone).address();
}

void log_answer(const request& asked, unsigned status) {
  if (!log_enabled(log_level::debug)) return;
  log_event(log_level::debug, "request answered",
            {{"request", asked.id},
             {"caller", asked.caller},
             {"method", asked.method},
             {"path", asked.path},
             {"status", std::int64_t{status}}});
}

}  // namespace

session::session(socket_type socket, std::shared_ptr<session_context> shared)
    : shared_(std::move(shared)),
      from_(address_of(socket)),
      connection_(std::move(socket), shared_->times),
      bell_(shared_->loop) {
  if (shared_->identity.ready())
    connection_.secure(std::make_unique<tls_accepted>(shared_->identity.new_connection(), connection_.handle()));
  shared_->open.insert(this);
  ++shared_->open_by_client[client_of(from_)];
  shared_->counts.opened();
}

session::~session() {
  shared_->counts.closed();
  shared_->open.erase(this);
  const auto mine = shared_->open_by_client.find(client_of(from_));
  if (mine != shared_->open_by_client.end() && --mine->second == 0) shared_->open_by_client.erase(mine);
}

awaitable<void> session::run() {
  while (keep_ && !gone_) {
    const bool asked = co_await read_head();
    if (!asked) break;
    co_await answer_request();
    give_memory_back();
    first_ = false;
  }
  be_idle(true);
  if (!gone_) co_await connection_.linger(shared_->limits.linger);
}

// Ten thousand idle connections are to cost little.
void session::give_memory_back() {
  input_.shrink();
  if (output_.capacity() > read_buffer::smallest) std::string().swap(output_);
}

void session::be_idle(bool idle) {
  idle_ = idle;
  unlink();
  if (!idle) return;
  idle_since = clock::now();
  shared_->idle.push_back(*this);
}

void session::close_if_idle() {
  if (idle_) connection_.interrupt();
}

void session::interrupt() {
  connection_.interrupt();
  bell_.ring();
}

// Until `look` says, or the client goes, or the service ends.
awaitable<void> session::rest(next_look look) {
  if (look.of != nullptr && look.records) look.of->listen(bell_);
  if (look.of != nullptr && !look.records) look.of->listen_for_end(bell_);
  shared_->times.arm(bell_, look.until);
  if (look.peer && !upgraded_) connection_.watch_peer(bell_);
  co_await bell_.wait();
  bell_.stop_listening();
  timekeeper::disarm(bell_);
}

// False: there will be no further request.
awaitable<bool> session::read_head() {
  parser_.reset();
  be_idle(true);
  time_point until = clock::now() + (first_ ? shared_->limits.head : shared_->limits.idle);
  while (true) {
    input_.consume(parser_.put(input_.view()));
    if (parser_.bad() != nullptr) break;
    if (parser_.head_done()) co_return true;
    if (idle_ && parser_.started()) {
      be_idle(false);
      until = clock::now() + shared_->limits.head;
    }
    if (idle_ && shared_->closing) co_return false;
    const bool late = clock::now() >= until;  // Even if the next octet is there already.
    std::size_t size = 0;
    if (!late) size = co_await connection_.read_some(input_.space(1), until);
    input_.commit(size);
    if (size > 0) continue;
    gone_ = !late && !connection_.timed_out();
    if (idle_ || gone_) co_return false;
    break;
  }
  const problem late(408, "the head of the request did not arrive in time");
  answer told(parser_.bad() != nullptr ? *parser_.bad() : late);
  request& asked = parser_.head();
  asked.id = shared_->ids.choose(asked.field("x-request-id"));
  keep_ = false;
  co_await send_whole(asked, told);
  shared_->counts.answered({}, asked.method, told.status, {});
  co_return false;
}

awaitable<void> session::answer_request() {
  request& asked = parser_.head();
  const time_point began = clock::now();
  be_idle(false);
  route_ = {};
  visit_ = {};
  asked.id = shared_->ids.choose(asked.field("x-request-id"));
  asked.from = this;
  keep_ = asked.keep_alive;
  answer told = co_await make_answer_or_503(asked);
  if (gone_) co_return;
  shared_->entrance.add_fields(told, asked, visit_);
  // RFC 6797. Not on this machine, where other ports have other servers.
  if (connection_.secured() && !from_.is_loopback()) told.fields.emplace_back("Strict-Transport-Security", hsts);
  decide_keeping();
  co_await send(asked, told);
  log_answer(asked, told.status);
  shared_->counts.answered(route_, asked.method, told.status, clock::now() - began);
  if (!keep_ || gone_ || parser_.done()) co_return;
  discarded_body rest;
  const auto wrong = co_await read_body(asked, rest);
  keep_ = !wrong && !rest.too_large();
}

// A body that was not read up to here must be out of the way before the next request.
void session::decide_keeping() {
  if (shared_->closing || parser_.bad() != nullptr) keep_ = false;
  if (parser_.done()) return;
  const auto left = parser_.body_left();
  if (!left || *left > small_body || expects_continue(parser_.head())) keep_ = false;
}

// What no route has a say in.
std::optional<answer> session::answer_at_once(const request& asked) const {
  const std::string_view expected = asked.version == 11 ? asked.field("expect") : std::string_view();
  if (!expected.empty() && !equals_ignoring_case(expected, "100-continue"))
    return answer(problem(417, "the only expectation met here is 100-continue"));
  if (asked.method != "OPTIONS") return std::nullopt;
  answer told(std::string(), 204);
  told.fields.emplace_back(
      "Allow", asked.path == "*" ? "GET, HEAD, POST, DELETE, OPTIONS" : shared_->routes.allowed(asked.path));
  if (told.fields[0].second.empty()) return answer(problem(404, "nothing is at '" + asked.path + "'"));
  shared_->entrance.pages().add_preflight(told, asked, std::string(told.fields[0].second));
  return told;
}

// A task that is too large for the memory there is costs its client an answer, and nobody else anything.
awaitable<answer> session::make_answer_or_503(request& asked) {
  std::optional<answer> told;
  try {
    told = co_await make_answer(asked);
  } catch (const std::bad_alloc&) {
    parser_.deliver_to(nullptr);
  }
  if (told) co_return std::move(*told);
  keep_ = false;  // What is left of the body is not read.
  problem why(503, "out of memory");
  why.retry_after_s = 5;
  co_return answer(why);
}

awaitable<answer> session::make_answer(request& asked) {
  const or_problem<const route*> found = shared_->routes.find(asked);
  permission needs = found ? (*found)->needs : permission::read;
  if (asked.method == "OPTIONS")
    needs = permission::open;  // It tells what methods there are, as the documentation does.
  visit_ = shared_->entrance.receive(asked, needs, from_, clock::now());
  if (visit_.refused) co_return answer(*visit_.refused);
  if (auto told = answer_at_once(asked)) co_return std::move(*told);
  if (!found) co_return answer(found.error());
  route_ = (*found)->path;
  if (const auto wrong = query_problem(**found, asked)) co_return answer(*wrong);
  co_return co_await follow(asked, **found);
}

awaitable<answer> session::follow(const request& asked, const route& to) {
  if (const auto* reads = std::get_if<intake_handler>(&to.handler)) co_return co_await take_body(asked, *reads);
  discarded_body unwanted;
  const auto wrong = co_await read_body(asked, unwanted);
  if (wrong) co_return answer(*wrong);
  if (unwanted.too_large()) co_return answer(problem(413, "this route takes no body"));
  co_return co_await std::get<plain_handler>(to.handler)(asked);
}

awaitable<answer> session::take_body(const request& asked, const intake_handler& handler) {
  or_problem<std::unique_ptr<intake>> opened = handler(asked);
  if (!opened) co_return answer(opened.error());
  intake& reader = **opened;
  const auto wrong = co_await read_body(asked, reader);
  if (wrong) co_return answer(*wrong);
  if (gone_) co_return answer();
  co_return reader.finish();
}

// Until when the next of a body must come that has brought `octets` since `began`. One that drips holds its connection
// and what was built of its task for as long as it likes otherwise.
time_point session::body_time(time_point began, std::uint64_t octets) const {
  const session_limits& limits = shared_->limits;
  return std::min(clock::now() + limits.body_stall, began + limits.body_grace + seconds(octets / limits.body_rate));
}

// Up to the end of the body, or until its reader wants no more. What is wrong with it as a message, if
// something is.
awaitable<std::optional<problem>> session::read_body(const request& asked, body_reader& into) {
  if (!parser_.done() && input_.empty() && expects_continue(asked)) {
    output_ = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await flush();
  }
  parser_.deliver_to(&into);
  const time_point began = clock::now();
  std::uint64_t octets = input_.view().size();  // Came along with the head.
  while (!parser_.done() && !gone_) {
    input_.consume(parser_.put(input_.view()));
    if (parser_.bad() != nullptr) co_return *parser_.bad();
    if (parser_.done() || !parser_.delivering()) break;
    const time_point until = body_time(began, octets);
    const bool late = clock::now() >= until;  // Even if the next octet is there already.
    std::size_t size = 0;
    if (!late) size = co_await connection_.read_some(input_.space(block_source::block_bytes), until);
    input_.commit(size);
    octets += size;
    if (size > 0) continue;
    keep_ = false;
    if (late || connection_.timed_out()) co_return problem(408, "the body of the request did not arrive in time");
    gone_ = true;
  }
  parser_.deliver_to(nullptr);
  co_return std::nullopt;
}

}  // namespace trawl
