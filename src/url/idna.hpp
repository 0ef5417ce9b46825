// International domain names: UTS 46, non-transitional, with the flags of the WHATWG URL Standard
// (CheckHyphens, UseSTD3ASCIIRules and VerifyDnsLength off; CheckBidi and CheckJoiners on).
// libidn2 maps and checks. It judges by IDNA2008 where UTS 46 is kinder (emoji and other symbols, punctuation, hyphens
// at the ends or in third and fourth place); such labels are asked for a second time with stand-ins for what it
// dislikes. Refused although UTS 46 would not: more than 1024 bytes of either form, labels with letters whose punycode
// exceeds 63 octets (no DNS could answer), symbols that map to symbols, symbols written from right to left, characters
// newer than libidn2's Unicode. Not checked: that labels without right-to-left letters obey the bidi rule because
// another label has some, and that a symbol among such letters is one that may stand there.
#pragma once

#include <string>
#include <string_view>

namespace trawl {

/// Appends the ASCII form of `domain` (UTF-8, percent-decoded) to `out`. False: refused;
/// `out` is then as before. The caller checks the result for forbidden characters: mapping can make some.
/// 2 to 4 us and some allocations, twice that for punycode (2-core Xeon, GCC 12.2 -O2); plain ASCII without "xn--"
/// needs no call.
[[nodiscard]] bool domain_to_ascii(std::string_view domain, std::string& out);

}  // namespace trawl
