// What a dialer under test is made of, where neither name servers nor certificates matter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connect/tls_trust.hpp"
#include "resolve/ares_resolver.hpp"

namespace trawl::test {

/// Knows these names, and asks nobody for others.
inline resolver_options only_names(std::vector<resolve_override> names) {
  resolver_options options;
  options.servers = {"127.0.0.1:1"};
  options.overrides = std::move(names);
  return options;
}

/// No authority at all: no file is read.
inline tls_trust no_trust() {
  tls_trust_options files;
  files.system_bundle = "/nowhere";
  return tls_trust(files);
}

}  // namespace trawl::test
