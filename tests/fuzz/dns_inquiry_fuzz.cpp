// One lookup over several servers, and the cache behind it. Input: variant (plan, servers), then one octet a step: an
// answer of some kind to some question that is open, or time that passes. Whatever happens, the lookup ends in time,
// asks no more than it may, and never waits for a moment that has passed.
#include "fuzz/fuzz.hpp"
#include "resolve/dns_cache.hpp"
#include "resolve/inquiry.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

class script {
 public:
  explicit script(const inquiry_options& options) : options_(options), lookup_(options) { lookup_.start(now_); }

  void step(unsigned octet) {
    send();
    if (octet < 192) return reply(octet);
    if (octet < 224) return pass(milliseconds(octet - 192));
    pass_until(lookup_.wake_at());
  }
  /// Nothing more comes. True if there are addresses.
  bool run_out() {
    for (int rounds = 0; !lookup_.finished(now_); ++rounds) {
      expect(rounds < 1000, "a lookup ends");
      send();
      if (!lookup_.finished(now_)) pass_until(lookup_.wake_at());
    }
    check_end();
    return lookup_.has_addresses();
  }
  [[nodiscard]] const inquiry& lookup() const { return lookup_; }

 private:
  void send() {
    const std::size_t most = 2 * (options_.servers + 1 + static_cast<std::size_t>(options_.tries) + short_of_);
    while (const auto family = lookup_.next_query(now_)) {
      open_.push_back(*family);
      expect(++sent_ <= most, "a question is not put for ever");
    }
    if (!lookup_.finished(now_)) expect(lookup_.wake_at() > now_, "what is waited for is still to come");
  }
  void reply(unsigned octet) {
    if (open_.empty()) return;
    const std::size_t which = octet % open_.size();
    const dns_family family = open_[which];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    dns_answer answer;
    answer.kind = static_cast<dns_reply>(octet % 12);
    if (answer.kind == dns_reply::out_of_resources) ++short_of_;
    if (answer.kind == dns_reply::addresses) {
      answer.addresses.assign(1 + octet / 64, family == dns_family::a
                                                  ? asio::ip::address(asio::ip::address_v4(octet))
                                                  : asio::ip::address(asio::ip::address_v6::loopback()));
      answer.ttl = seconds(octet);
      came_ = true;
    }
    lookup_.answered(family, std::move(answer), now_);
  }
  void pass(milliseconds time) { now_ += time; }
  void pass_until(time_point then) {
    if (lookup_.finished(now_)) return;
    expect(then != time_point::max(), "it always knows when to look again");
    if (then > now_) now_ = then;
  }
  void check_end() const {
    const milliseconds extra = milliseconds(100 * static_cast<long>(short_of_));
    expect(now_ - time_point{} <=
               lookup_.patience() * (1 + static_cast<long>(short_of_)) + extra + milliseconds(32) * 4096,
           "it ends in time");
    if (!lookup_.has_addresses()) {
      expect(lookup_.why_none().kind != dns_reply::addresses, "what has no addresses has a reason");
      return;
    }
    expect(came_, "addresses come from an answer");
    expect(!lookup_.addresses().addresses.empty() && lookup_.ttl().count() < 192, "addresses come with their TTL");
  }

  inquiry_options options_;
  inquiry lookup_;
  time_point now_{};
  std::vector<dns_family> open_;
  std::size_t sent_ = 0;
  std::size_t short_of_ = 0;  ///< Times we had no descriptor.
  bool came_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  inquiry_options options;
  options.plan = static_cast<family_plan>(given.choice % 3);
  options.servers = 1 + given.choice / 3 % 4;
  options.tries = 1 + static_cast<int>(given.choice >> 6);
  script lookup(options);
  for (const char octet : given.text) lookup.step(static_cast<unsigned char>(octet));
  lookup.run_out();
  return 0;
}
