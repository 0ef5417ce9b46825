#include "api/admission.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/log.hpp"

namespace trawl {
namespace {

// Freed at a time when descriptors run out: who frees one a pause keeps as many waiting as there are clients.
constexpr std::size_t places_at_once = 8;
constexpr int turned_away_at_once = 64;

bool out_of_descriptors(const error_code& why) { return why.value() == EMFILE || why.value() == ENFILE; }

// Closing with octets unread would make the system throw our answer away (RFC 9112 9.6).
void tell_and_close(socket_type client, const std::string& words) {
  const int fd = client.native_handle();
  if (::send(fd, words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
  ::shutdown(fd, SHUT_WR);
  std::array<char, 4096> unread;
  while (::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT) > 0) continue;
}

}  // namespace

admission::~admission() {
  if (held_back_ >= 0) ::close(held_back_);
}

std::optional<std::string> admission::refuse(const asio::ip::address& from, time_point now) {
  if (has_enough(from)) return crowded_answer("--max-connections-per-address");
  if (shared_.open.size() < most_ || make_room(now, 1)) return std::nullopt;
  return crowded_answer("--max-connections");
}

bool admission::has_enough(const asio::ip::address& from) const {
  if (!most_of_one_ && from.is_loopback()) return false;
  const auto found = shared_.open_by_client.find(client_of(from));
  return found != shared_.open_by_client.end() && found->second >= most_of_one_.value_or(most_of_one_by_default);
}

void admission::relieve(acceptor_type& at, const error_code& why, time_point now) {
  complain(why, now);
  if (!out_of_descriptors(why) || make_room(now, places_at_once)) return;
  turn_away(at);
}

// False: nobody was idle for long enough.
bool admission::make_room(time_point now, std::size_t places) {
  std::size_t made = 0;
  while (made < places && !shared_.idle.empty() && now - shared_.idle.front().idle_since >= patience) {
    idle_session& longest = shared_.idle.front();
    shared_.idle.pop_front();
    longest.make_way();
    ++made;
  }
  return made > 0;
}

void admission::turn_away(acceptor_type& at) {
  if (held_back_ < 0) return hold_back();
  const std::string words = crowded_answer("--max-connections");
  error_code ec;
  at.non_blocking(true, ec);
  for (int n = 0; n < turned_away_at_once && !ec; ++n) {
    ::close(std::exchange(held_back_, -1));
    socket_type client(shared_.loop);
    at.accept(client, ec);
    if (!ec) tell_and_close(std::move(client), words);
    hold_back();
    if (held_back_ < 0) return;  // Somebody was faster; we have it back when there is one.
  }
}

void admission::hold_back() { held_back_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Once in a while: running out of descriptors comes in thousands.
void admission::complain(const error_code& why, time_point now) {
  if (complained_ != time_point{} && now - complained_ < log_pause) return;
  complained_ = now;
  log_event(log_level::warning, "cannot accept connections", {{"reason", why.message()}});
}

std::string crowded_answer(std::string_view flag) {
  problem why(503, "too many connections; " + std::string(flag) + " is the limit");
  why.retry_after_s = 1;
  const answer told(why);
  answer_framing framing;
  framing.length = told.body.size();
  framing.keep_alive = false;
  std::string out;
  append_head(out, request(), told, framing);
  return out += told.body;
}

}  // namespace trawl
