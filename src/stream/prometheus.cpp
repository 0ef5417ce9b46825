#include "stream/prometheus.hpp"

#include <charconv>

namespace trawl {
namespace {

template <class Number>
void append_number(std::string& to, Number value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  to.append(digits, end);
}

void append_label(std::string& to, std::string_view name, std::string_view value) {
  to += name;
  to += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') to += '\\';
    if (c == '\n')
      to += "\\n";
    else
      to += c;
  }
  to += '"';
}

}  // namespace

void prometheus_text::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  out_ += "# HELP " + name_ + ' ';
  out_ += help;
  out_ += "\n# TYPE " + name_ + ' ';
  out_ += type;
  out_ += '\n';
}

void prometheus_text::sample(labels of, std::uint64_t value) {
  begin("", of);
  end(value);
}

void prometheus_text::sample(labels of, double value) {
  begin("", of);
  end(value);
}

void prometheus_text::sample(labels of, const histogram_counts& value) {
  std::uint64_t so_far = 0;
  for (std::size_t n = 0; n < histogram_counts::buckets; ++n) {
    so_far += value.in[n];
    std::string limit = "+Inf";
    if (n + 1 < histogram_counts::buckets) append_number(limit = "", histogram_counts::limit_seconds(n));
    begin("_bucket", of, limit);
    end(so_far);
  }
  begin("_sum", of);
  end(static_cast<double>(value.sum_us) / 1e6);
  begin("_count", of);
  end(so_far);
}

void prometheus_text::begin(std::string_view suffix, labels of, std::string_view limit) {
  out_ += name_;
  out_ += suffix;
  char before = '{';
  for (const auto& [name, value] : of) {
    out_ += std::exchange(before, ',');
    append_label(out_, name, value);
  }
  if (!limit.empty()) {
    out_ += std::exchange(before, ',');
    append_label(out_, "le", limit);
  }
  if (before == ',') out_ += '}';
  out_ += ' ';
}

void prometheus_text::end(std::uint64_t value) {
  append_number(out_, value);
  out_ += '\n';
}

void prometheus_text::end(double value) {
  append_number(out_, value);
  out_ += '\n';
}

}  // namespace trawl
