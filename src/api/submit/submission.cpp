#include "api/submit/submission.hpp"

#include <algorithm>
#include <array>

#include "api/submit/line_parser.hpp"
#include "api/submit/submit_handler.hpp"
#include "api/submit/submit_parser.hpp"
#include "base/text.hpp"
#include "stream/json.hpp"
#include "stream/utf8.hpp"

namespace trawl {
namespace {

std::string media_type(std::string_view field) {
  std::string type = lower_case(field.substr(0, std::min(field.find(';'), field.size())));
  std::erase_if(type, is_ows);
  return type;
}

bool is_json(std::string_view type) { return type == "application/json" || type.ends_with("+json"); }

// RFC 9110 8.4.1.3: x-gzip is the same.
bool is_gzip(std::string_view coding) { return coding == "gzip" || coding == "x-gzip"; }

problem no_callbacks(bool in_query) {
  std::string why = "needs a service with --webhook-secret-file: callbacks are never sent unsigned";
  return in_query ? bad_parameter("callback_url", why) : bad_input({{"/options/callback_url", why}});
}

problem too_large(const service& at) {
  return {413, "the body is over " + std::to_string(at.limits.max_body) + " octets; --max-body is the limit"};
}

}  // namespace

bool came_through_proxy(const request& asked) {
  return std::ranges::any_of(asked.fields, [](const auto& field) {
    return field.first == "forwarded" || field.first == "via" || field.first.starts_with("x-forwarded-");
  });
}

submission::submission(service& at, const request& asked, const submission_rules& rules)
    : at_(at),
      rules_(rules),
      request_(asked.id),
      type_(media_type(asked.field("content-type"))),
      asked_(asked.asked),
      announced_(asked.content_length.value_or(0)),
      coding_(lower_case(asked.field("content-encoding"))),
      room_(at),
      builder_(at.crawls.shards()) {
  builder_.set_through_proxy(came_through_proxy(asked));
  builder_.set_owner(asked.caller);
  if (is_gzip(coding_)) gzip_ = std::make_unique<gzip_reader>();
  add_request(content_, asked);
}

std::optional<problem> submission::refused_at_once() const {
  if (at_.draining) return not_now("the service is shutting down");
  if (!gzip_ && !coding_.empty() && coding_ != "identity") {
    problem told(415, "the only content coding of a body known here is gzip");
    told.accept_encoding = "gzip";
    return told;
  }
  if (!gzip_ && announced_ > at_.limits.max_body) return too_large(at_);
  if (!rules_.json_by_look && !is_json(type_) && type_ != "text/plain")
    return problem(415, "the Content-Type of a task is application/json or text/plain");
  return std::nullopt;
}

bool submission::refuse(problem why) {
  refused_ = std::move(why);
  return false;
}

bool submission::put(std::string_view piece) { return gzip_ ? take_coded(piece) : take(piece); }

bool submission::take_coded(std::string_view piece) {
  // What gzip cannot shrink grows by less than this: the limit is on what comes out.
  const std::uint64_t most_coded = at_.limits.max_body + at_.limits.max_body / 1000 + 1024;
  coded_octets_ += piece.size();
  if (coded_octets_ > most_coded) return refuse(too_large(at_));
  const bool more = gzip_->put(piece, [this](std::string_view decoded) { return take(decoded); });
  if (gzip_->broken()) return refuse(problem(400, "the body is not gzip, or is damaged"));
  if (gzip_->grew_too_much())
    return refuse(problem(413, "the body is more than 100 times as large as its gzip coding"));
  stopped_ = !more;
  return more;
}

bool submission::take(std::string_view piece) {
  octets_ += piece.size();
  if (claim_ && claim_->keyed()) content_.add(piece);
  if (octets_ > at_.limits.max_body) return refuse(too_large(at_));
  if (claim_ && claim_->first()) return true;  // Read to be compared only.
  if (!within_limits()) return false;
  if (parser_) return parser_->put(piece);
  const bool blank = piece.find_first_not_of(" \t\r\n") == std::string_view::npos;
  blanks_ += piece;
  if (blank) {  // Whole lines of nothing say nothing in either format.
    blanks_.erase(0, blanks_.rfind('\n') + 1);
    return true;
  }
  const std::string begins = std::exchange(blanks_, {});
  return open_parser(begins) && parser_->put(begins);
}

// `begins`: with the first octet that is not blank; empty: there was none.
bool submission::open_parser(std::string_view begins) {
  begins.remove_prefix(std::min(begins.find_first_not_of(" \t\r\n"), begins.size()));
  const bool looks_like_json = rules_.json_by_look && begins.starts_with('{');
  if (is_json(type_) || looks_like_json || (type_.empty() && begins.empty())) {
    if (!asked_.empty())
      return refuse(bad_parameter(asked_.pairs()[0].first,
                                  "is not known here: the options of a JSON submission stand in its body"));
    parser_ = std::make_unique<submit_parser>(builder_);
    return true;
  }
  if (type_ != "text/plain") return refuse(problem(415, "a body is JSON or, as text/plain, one URL a line"));
  parser_ = std::make_unique<line_parser>(builder_);
  return take_query_options();
}

// All that is wrong with them is told at once, as for a body.
bool submission::take_query_options() {
  std::vector<input_error> errors;
  if (const auto key = asked_.repeated("headers")) errors.push_back({std::string(*key), "is given twice", "parameter"});
  for (const auto& [name, value] : asked_.pairs()) {
    if (errors.size() == most_input_errors) break;
    if (auto wrong = take_query_option(name, value)) errors.push_back({name, *std::move(wrong), "parameter"});
  }
  return errors.empty() || refuse(bad_input(std::move(errors)));
}

option_problem submission::take_query_option(const std::string& name, const std::string& value) {
  const fetch_option* const option = find_fetch_option(name);
  if (option == nullptr) return "is not an option";
  if (option->kind == option_kind::text && !is_utf8(value)) return "is not UTF-8";
  return set_option_from_text(builder_.options(), *option, value);
}

bool submission::within_limits() {
  auto full = room_.count(builder_);
  return !full || refuse(*std::move(full));
}

answer submission::finish() {
  if (!refused_ && gzip_ && !stopped_ && !gzip_->complete())
    refuse(problem(400, "the gzip coding of the body is cut short"));
  if (refused_) return answer(*refused_);
  if (claim_ && claim_->first()) return answer_again();
  if (!parser_) open_parser(blanks_);
  if (refused_) return answer(*refused_);
  if (!parser_->finish()) return answer(parser_->wrong());
  if (builder_.options().callback_url && !at_.hooks.can_sign()) return answer(no_callbacks(!asked_.empty()));
  if (!within_limits()) return answer(*refused_);
  if (at_.draining) return answer(not_now("the service is shutting down"));
  return start();
}

answer submission::start() {
  const auto started = at_.crawls.submit(builder_.finish(), request_);
  if (claim_ && claim_->keyed()) claim_->settle(content_.finish(), started);
  return accepted(started->get(), rules_);
}

answer submission::answer_again() {
  if (!claim_->same(content_.finish())) return answer(key_reused());
  return accepted(claim_->first()->get(), rules_);
}

answer accepted(const task& started, const submission_rules& rules) {
  const std::string where = "/tasks/" + started.id();
  std::string body = R"({"task_id":)";
  append_json_string(body, started.id());
  body += R"(,"url":)";
  append_json_string(body, where);
  body += R"(,"total":)";
  append_number(body, started.total());
  body += '}';
  answer told(std::move(body), rules.status);
  told.fields.emplace_back("Location", where);
  if (rules.says_when) told.fields.emplace_back("Retry-After", "1");
  return told;
}

}  // namespace trawl
