#include "cli/man_page.hpp"

#include <algorithm>
#include <string_view>

#include "cli/command_words.hpp"
#include "cli/completion.hpp"
#include "cli/key.hpp"
#include "cli/option_table.hpp"

namespace trawl {
namespace {

constexpr const char* head = R"(.TH TRAWL 1 "" "trawl )" TRAWL_VERSION R"(" "User Commands"
.SH NAME
trawl \- fetch batches of URLs at once and tell for each what happened
.SH SYNOPSIS
)";

constexpr const char* description = R"(.SH DESCRIPTION
.B trawl serve
runs the service: batches of URLs come over HTTP, all are fetched concurrently, and each ends in one record that says
what happened.
.B trawl check
does the same once, without a server.
.B trawl completion
.I SHELL
prints a script that completes command lines, for bash, zsh or fish;
.B trawl man
prints this page.
)";

constexpr const char* tail = R"(.SH EXIT STATUS
.TP
.B 0
All went well; for
.BR serve ,
it was told to stop.
.TP
.B 1
It could not run.
.TP
.B 2
.B check
only: some URL failed.
.TP
.B 130
.B check
only: it was interrupted.
.SH SEE ALSO
.BR curl (1),
.BR wget (1)
)";

// Text as it is, not as requests of the formatter: hyphens stay hyphens, a leading dot is a dot.
std::string roff(std::string_view text) {
  std::string made;
  if (text.starts_with('.') || text.starts_with('\'')) made = "\\&";
  for (const char c : text) {
    if (c == '\\')
      made += "\\e";
    else if (c == '-')
      made += "\\-";
    else
      made += c;
    if (c == '\n') made += "\\&";
  }
  return made;
}

std::string upper(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return made;
}

void append_option(std::string& to, const option& each) {
  std::string names = each.flag() + each.aliases;
  for (std::size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2) names.insert(at + 1, " ");
  to += ".TP\n\\fB" + roff(names) + "\\fR";
  if (!each.value.empty()) to += " \\fI" + roff(each.value) + "\\fR";
  to += "\n" + roff(each.help) + ".\n";
  if (const std::string variable = each.variable(); !variable.empty()) to += "Environment: \\fB" + variable + "\\fR.\n";
}

void append_paragraphs(std::string& to, std::string_view notes) {
  for (bool first = true; !notes.empty(); first = false) {
    const std::size_t end = std::min(notes.find("\n\n"), notes.size());
    to += (first ? "" : ".PP\n") + roff(notes.substr(0, end)) + "\n";
    notes.remove_prefix(std::min(end + 2, notes.size()));
  }
}

void append_command(std::string& to, command which) {
  const command_words& words = words_of(which);
  to += ".SH TRAWL " + upper(command_name(which)) + "\n" + roff(words.about) + "\n";
  std::string_view group;
  for (const option& each : option_table()) {
    if (!each.applies(which)) continue;
    if (each.group != group) to += ".SS " + roff(group = each.group) + "\n";
    append_option(to, each);
  }
  to += ".SS Notes\n";
  append_paragraphs(to, words.notes);
  to += ".SS Examples\n.EX\n" + roff(words.examples) + "\n.EE\n";
}

}  // namespace

std::string man_page() {
  std::string made = head;
  for (const command each : {command::serve, command::check}) made += roff(words_of(each).synopsis) + "\n.br\n";
  made += roff(key_synopsis) + "\n.br\n";
  made += roff(std::string("trawl completion ") + completed_shells) + "\n.br\ntrawl man\n";
  made += description;
  append_command(made, command::serve);
  append_command(made, command::check);
  return made + tail;
}

}  // namespace trawl
