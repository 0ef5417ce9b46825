#include "url/idna.hpp"

#include <idn2.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "base/memory_shortage.hpp"
#include "base/text.hpp"
#include "url/punycode.hpp"

namespace trawl {
namespace {

constexpr std::string_view ace_prefix = "xn--";
/// What DNS takes, 253 octets of punycode, comes from 950 bytes at most. A hostile 64 KiB would cost 0.6 s.
constexpr std::size_t domain_limit_bytes = 1024;
constexpr std::size_t label_limit = 255;  // Code points of a label that is looked at twice; DNS takes 63.
constexpr char32_t stand_in = U'_';       // Neutral for everything that is checked: mapping, NFC, joiners, bidi.

struct idn2_deleter {
  void operator()(void* p) const { idn2_free(p); }
};

[[nodiscard]] bool all_ascii(std::u32string_view text) {
  return std::ranges::all_of(text, [](char32_t c) { return c < 0x80; });
}

/// False: it found no memory, which is no answer about a name, and is to be asked again. Throws std::bad_alloc.
[[nodiscard]] bool answered(int code) {
  if (code != IDN2_MALLOC) return true;
  if (!waited_for_memory()) throw std::bad_alloc();
  return false;
}

/// One question to libidn2; its answer goes to `ascii`. `extra` are flags beside IDN2_NONTRANSITIONAL.
[[nodiscard]] int ask(const std::string& domain, std::string& ascii, int extra = 0) {
  char* answer = nullptr;
  int code = IDN2_MALLOC;
  do {
    code = idn2_to_ascii_8z(domain.c_str(), &answer, IDN2_NONTRANSITIONAL | extra);
  } while (!answered(code));
  const std::unique_ptr<char, idn2_deleter> owner(answer);
  if (code == IDN2_OK) ascii = answer;
  return code;
}

void append_utf8(char32_t c, std::string& out) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out.append({static_cast<char>(0xc0 | c >> 6), tail(0)});
  } else if (c < 0x10000) {
    out.append({static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)});
  } else {
    out.append({static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)});
  }
}

[[nodiscard]] std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (char32_t c : text) append_utf8(c, out);
  return out;
}

/// The code points of a label in UTF-8, which is known to be valid. nullopt if there are too many.
[[nodiscard]] std::optional<std::u32string> decode_utf8(std::string_view label) {
  std::u32string out;
  for (std::size_t i = 0; i < label.size();) {
    if (out.size() == label_limit) return std::nullopt;
    const auto lead = static_cast<unsigned char>(label[i++]);
    char32_t c = lead < 0x80 ? lead : lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
    for (; i < label.size() && (label[i] & 0xc0) == 0x80; ++i) c = c << 6 | (label[i] & 0x3f);
    out += c;
  }
  return out;
}

/// The code points that an ASCII label shows. nullopt if it is punycode of nothing, or of too many.
[[nodiscard]] std::optional<std::u32string> decode_ascii(std::string_view label) {
  if (!label.starts_with(ace_prefix)) return std::u32string(label.begin(), label.end());
  if (label.size() > 4 * label_limit) return std::nullopt;
  return punycode_decode(label.substr(ace_prefix.size()));
}

/// libidn2 takes hyphens in some places only, and other punctuation in none.
[[nodiscard]] bool is_punctuation(char32_t c) {
  return c < 0x80 && !is_alpha(static_cast<char>(c)) && !is_digit(static_cast<char>(c));
}

/// It becomes one character with an equals sign before it: then none may be hidden. ('<' and '>' are in no host.)
constexpr char32_t long_solidus_overlay = 0x338;

/// The blocks written from right to left: a symbol of these is not neutral, so nothing can stand in for it.
[[nodiscard]] bool is_right_to_left(char32_t c) {
  return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff) ||
         (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

/// Parenthesized Hangul: libidn2 maps it and yet takes it for valid as it is.
[[nodiscard]] bool is_misjudged(char32_t c) { return c >= 0x3200 && c <= 0x321e; }

/// UTS 46 may allow it, IDNA2008 does not: emoji and other symbols.
[[nodiscard]] bool is_symbol(char32_t c) {
  if (c < 0x80 || is_right_to_left(c) || is_misjudged(c)) return false;
  std::string alone(1, static_cast<char>(stand_in)), ignored;
  append_utf8(c, alone);
  return ask(alone, ignored) == IDN2_DISALLOWED;
}

/// A label in two halves: what libidn2 is to map, and the characters it must not see, in order.
struct split_label {
  std::u32string text;
  std::u32string hidden;  ///< One for each stand-in in `text`.
};

[[nodiscard]] split_label hide_what_idna2008_dislikes(std::u32string_view label) {
  split_label out;
  const bool composes = label.find(long_solidus_overlay) != label.npos;
  for (char32_t c : label) {
    const bool hide = (is_punctuation(c) && !(composes && c == U'=')) || is_symbol(c);
    out.text += hide ? stand_in : c;
    if (hide) out.hidden += c;
  }
  return out;
}

[[nodiscard]] std::u32string lower(std::u32string text) {
  for (char32_t& c : text) c = c < 0x80 ? static_cast<char32_t>(to_lower(static_cast<char>(c))) : c;
  return text;
}

/// Mapped and normalised by libidn2, which also checks joiners and bidi. One label stays one.
[[nodiscard]] std::optional<std::u32string> map(std::u32string_view text) {
  std::string ascii;
  if (ask(to_utf8(text), ascii, IDN2_NO_ALABEL_ROUNDTRIP) != IDN2_OK || ascii.find('.') != ascii.npos)
    return std::nullopt;
  return decode_ascii(ascii);
}

/// Puts the hidden characters back where their stand-ins are. False if the mapping made or lost some.
[[nodiscard]] bool restore(std::u32string& text, std::u32string_view hidden) {
  for (char32_t& c : text) {
    if (c != stand_in) continue;
    if (hidden.empty()) return false;
    c = hidden.front();
    hidden.remove_prefix(1);
  }
  return hidden.empty();
}

/// The label without the ASCII that has no say in its validity, so that libidn2 does not stumble over its length.
[[nodiscard]] std::u32string essence(std::u32string_view label) {
  std::u32string out;
  for (char32_t c : label) {
    if (is_punctuation(c)) c = stand_in;
    if (c < 0x80 && !out.empty() && out.back() < 0x80) out.pop_back();
    out += c;
  }
  return out;
}

/// Every code point allowed by UTS 46 and the whole in NFC: libidn2 asks no more of a label that comes as punycode.
[[nodiscard]] bool is_valid(std::u32string_view label) {
  const auto puny = punycode_encode(essence(label));
  std::string ignored;
  return puny && ask(std::string(ace_prefix) + *puny, ignored, IDN2_NO_ALABEL_ROUNDTRIP) == IDN2_OK;
}

[[nodiscard]] std::optional<std::string> punycode_label_to_ascii(std::string label);

[[nodiscard]] std::optional<std::string> unicode_label_to_ascii(std::u32string_view label) {
  split_label parts = hide_what_idna2008_dislikes(label);
  auto mapped = all_ascii(parts.text) ? std::optional(lower(parts.text)) : map(parts.text);
  if (!mapped || !restore(*mapped, parts.hidden)) return std::nullopt;
  if (all_ascii(*mapped)) {
    std::string ascii = to_utf8(*mapped);
    return ascii.starts_with(ace_prefix) ? punycode_label_to_ascii(std::move(ascii)) : ascii;
  }
  const auto puny = punycode_encode(*mapped);
  if (!puny || !is_valid(*mapped)) return std::nullopt;
  return std::string(ace_prefix) + *puny;
}

/// Punycode stands for itself, but only if what it stands for is valid and already in its mapped form.
[[nodiscard]] std::optional<std::string> punycode_label_to_ascii(std::string label) {
  std::ranges::transform(label, label.begin(), to_lower);
  const auto decoded = decode_ascii(label);
  if (!decoded || decoded->size() > label_limit || all_ascii(*decoded) || unicode_label_to_ascii(*decoded) != label)
    return std::nullopt;
  return label;
}

[[nodiscard]] std::optional<std::string> label_to_ascii(std::string label) {
  if (std::ranges::all_of(label, is_ascii)) {
    if (starts_ignoring_case(label, ace_prefix)) return punycode_label_to_ascii(std::move(label));
    std::ranges::transform(label, label.begin(), to_lower);
    return label;
  }
  const auto decoded = decode_utf8(label);
  if (!decoded) return std::nullopt;
  return unicode_label_to_ascii(*decoded);
}

/// Where the next label ends, and the bytes its dot takes: UTS 46 knows four (U+002E, U+3002, U+FF0E, U+FF61).
[[nodiscard]] std::pair<std::size_t, std::size_t> find_dot(std::string_view domain) {
  std::pair<std::size_t, std::size_t> first{domain.size(), 0};
  for (const std::string_view dot : {".", "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"}) {
    const std::size_t at = domain.substr(0, first.first).find(dot);
    if (at != domain.npos) first = {at, dot.size()};
  }
  return first;
}

[[nodiscard]] bool labels_to_ascii(std::string_view domain, std::string& ascii) {
  for (ascii.clear();; ascii += '.') {
    const auto [length, dot] = find_dot(domain);
    const auto label = label_to_ascii(std::string(domain.substr(0, length)));
    if (!label) return false;
    ascii += *label;
    if (dot == 0) return true;
    domain.remove_prefix(length + dot);
  }
}

/// Whether a label begins, once decoded, with "xn--" still: UTS 46 4.1 allows that to none.
[[nodiscard]] bool has_disguised_label(std::string_view ascii) {
  constexpr std::string_view twice = "xn--xn--";
  for (std::size_t at = ascii.find(twice); at != ascii.npos; at = ascii.find(twice, at + 1)) {
    if (at != 0 && ascii[at - 1] != '.') continue;
    const auto label = decode_ascii(ascii.substr(at, ascii.find('.', at) - at));
    if (!label || label->starts_with(U"xn--")) return true;
  }
  return false;
}

/// Cheap, and right when it says no.
[[nodiscard]] bool may_have_punycode(std::string_view domain) {
  const std::size_t dashes = domain.find("n--");
  return dashes != domain.npos || domain.find("N--") != domain.npos;
}

/// libidn2 first, of the whole; what it refuses is asked for label by label. So is punycode that it takes: of what maps
/// to ASCII punctuation (U+00A0, U+2A76) it takes too much.
[[nodiscard]] bool convert(std::string_view domain, std::string& ascii) {
  const int code = ask(std::string(domain), ascii);
  if (code == IDN2_ENCODING_ERROR) return false;  // No UTF-8. A single label of it might pass for something else.
  if (code == IDN2_OK && !may_have_punycode(domain)) return true;
  std::string by_label;
  if (!labels_to_ascii(domain, by_label) || (code == IDN2_OK && by_label != ascii)) return false;
  ascii = std::move(by_label);
  return true;
}

}  // namespace

bool domain_to_ascii(std::string_view domain, std::string& out) {
  std::string ascii;
  if (domain.size() > domain_limit_bytes) return false;
  if (domain.find('\0') != domain.npos) return false;  // libidn2 would see the front only.
  if (!convert(domain, ascii)) return false;
  if (ascii.empty()) return false;                      // Of nothing but ignored characters.
  if (ascii.size() > domain_limit_bytes) return false;  // What comes out can always come in.
  if (has_disguised_label(ascii)) return false;
  out += ascii;
  return true;
}

}  // namespace trawl
