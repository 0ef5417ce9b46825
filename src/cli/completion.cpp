#include "cli/completion.hpp"

#include <algorithm>
#include <ranges>
#include <vector>

#include "cli/option_table.hpp"

namespace trawl {
namespace {

constexpr command commands[] = {command::serve, command::check};
constexpr const char* key_words = "new --name --read-only --admin --append --help";
constexpr const char* first_words = "serve check key completion man --help --version";

enum class value_kind : std::uint8_t { none, choice, file, other };

value_kind kind_of(const option& of) {
  if (of.form == option_form::flag) return value_kind::none;
  if (of.value == "FILE") return value_kind::file;
  return of.value.find('|') != std::string::npos ? value_kind::choice : value_kind::other;
}

auto options_of(command which) {
  return option_table() | std::views::filter([which](const option& each) { return each.applies(which); });
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// "a|b" -> "a b"
std::string choices(const option& of) { return replaced(of.value, "|", " "); }

/// All flags of an option: its own, then ",-q" or ",--headers".
std::vector<std::string> flags_of(const option& of) {
  std::vector<std::string> made;
  std::string_view rest = of.aliases;
  made.push_back(of.flag());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(','), rest.size());
    made.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return made;
}

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  std::string made;
  for (const std::string& each : words) made += (made.empty() ? "" : std::string(by)) + each;
  return made;
}

std::string flags_of(command which) {
  std::vector<std::string> all{"--help"};
  for (const option& each : options_of(which)) std::ranges::copy(flags_of(each), std::back_inserter(all));
  return joined(all, " ");
}

// ---- bash --------------------------------------------------------------------------------------------

// "--log-level=" arrives as three words, the middle one "=".
constexpr const char* bash_head = R"(# Completion of trawl for bash: made by `trawl completion bash`.
_trawl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words="" files=no
  COMPREPLY=()
  if [[ $word == "=" ]]; then
    word=""
  elif [[ $before == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    words=")";

constexpr const char* bash_tail = R"(  fi
  if [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
}
complete -F _trawl trawl
)";

void append_bash_case(std::string& to, const option& each) {
  const value_kind kind = kind_of(each);
  if (kind == value_kind::none) return;
  to += "      " + joined(flags_of(each), " | ") + ") ";
  if (kind == value_kind::file) to += "files=yes ";
  if (kind == value_kind::choice) to += "words=\"" + choices(each) + "\" ";
  to += ";;\n";
}

void append_bash_command(std::string& to, command which) {
  to += "  elif [[ ${COMP_WORDS[1]} == " + std::string(command_name(which)) + " ]]; then\n    case $before in\n";
  for (const option& each : options_of(which)) append_bash_case(to, each);
  to += "      *) ";
  if (which == command::check) to += "[[ $word == -* ]] || files=yes; ";
  to += "words=\"" + flags_of(which) + "\" ;;\n    esac\n";
}

std::string bash_script() {
  std::string made = bash_head;
  made += std::string(first_words) + "\"\n";
  for (const command each : commands) append_bash_command(made, each);
  made +=
      "  elif [[ ${COMP_WORDS[1]} == key ]]; then\n    if [[ $before == --append ]]; then files=yes; else words=\"" +
      std::string(key_words) + "\"; fi\n";
  made +=
      "  elif [[ ${COMP_WORDS[1]} == completion ]]; then\n    words=\"" + replaced(completed_shells, "|", " ") + "\"\n";
  return made + bash_tail;
}

// ---- zsh ---------------------------------------------------------------------------------------------

// Within '…[help]:value:action'.
std::string zsh_text(std::string text) {
  for (const auto& [plain, quoted] :
       {std::pair{"\\", "\\\\"}, {"'", "'\\''"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}})
    text = replaced(std::move(text), plain, quoted);
  return text;
}

void append_zsh_option(std::string& to, const option& each) {
  const value_kind kind = kind_of(each);
  const bool repeats = each.form == option_form::list;
  for (const std::string& flag : flags_of(each)) {
    to += "        '" + std::string(repeats ? "*" : "") + flag + (kind == value_kind::none ? "" : "=") + "[" +
          zsh_text(each.help) + "]";
    if (kind != value_kind::none) to += ":" + zsh_text(each.value) + ":";
    if (kind == value_kind::file) to += "_files";
    if (kind == value_kind::choice) to += "(" + choices(each) + ")";
    to += "' \\\n";
  }
}

void append_zsh_command(std::string& to, command which) {
  to += "    " + std::string(command_name(which)) + ")\n      _arguments \\\n";
  for (const option& each : options_of(which)) append_zsh_option(to, each);
  if (which == command::check) to += "        '*:file, - or URL:_files' \\\n";
  to += "        '(- *)--help[Print help and exit]' ;;\n";
}

std::string zsh_script() {
  std::string made =
      "#compdef trawl\n# Completion of trawl for zsh: made by `trawl completion zsh`.\n_trawl() {\n"
      "  if ((CURRENT == 2)); then\n    compadd -- " +
      std::string(first_words) +
      "\n    return\n  fi\n  local which=$words[2]\n  shift words\n  ((CURRENT--))\n  case $which in\n";
  for (const command each : commands) append_zsh_command(made, each);
  made += "    key) if [[ $words[CURRENT-1] == --append ]]; then _files; else compadd -- " + std::string(key_words) +
          "; fi ;;\n";
  made += "    completion) compadd " + replaced(completed_shells, "|", " ") + " ;;\n  esac\n}\n";
  return made + "if [[ $funcstack[1] == _trawl ]]; then\n  _trawl \"$@\"\nelse\n  compdef _trawl trawl\nfi\n";
}

// ---- fish --------------------------------------------------------------------------------------------

std::string fish_text(std::string text) { return replaced(replaced(std::move(text), "\\", "\\\\"), "'", "\\'"); }

void append_fish_option(std::string& to, std::string_view after, const option& each) {
  const value_kind kind = kind_of(each);
  for (const std::string& flag : flags_of(each)) {
    const bool is_long = flag.starts_with("--");
    to += "complete -c trawl -n '__fish_seen_subcommand_from " + std::string(after) + "' " + (is_long ? "-l " : "-s ") +
          flag.substr(is_long ? 2 : 1);
    if (kind == value_kind::file) to += " -r -F";
    if (kind == value_kind::choice) to += " -x -a '" + fish_text(choices(each)) + "'";
    if (kind == value_kind::other) to += " -x";
    to += " -d '" + fish_text(each.help) + "'\n";
  }
}

std::string fish_script() {
  std::string made =
      "# Completion of trawl for fish: made by `trawl completion fish`.\ncomplete -c trawl -f\n"
      "complete -c trawl -n __fish_use_subcommand -a '" +
      std::string(first_words) + "'\n";
  for (const command which : commands) {
    const std::string_view name = command_name(which);
    for (const option& each : options_of(which)) append_fish_option(made, name, each);
  }
  made += "complete -c trawl -n '__fish_seen_subcommand_from check' -F\n";
  made += "complete -c trawl -n '__fish_seen_subcommand_from key' -a '" + std::string(key_words) +
          "'\ncomplete -c trawl -n '__fish_seen_subcommand_from key' -l append -r -F\n";
  return made + "complete -c trawl -n '__fish_seen_subcommand_from completion' -a '" +
         replaced(completed_shells, "|", " ") + "'\n";
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return std::nullopt;
}

}  // namespace trawl
