// The variables that name proxies for every program of a machine: http_proxy, https_proxy, all_proxy, no_proxy, in
// lower case or upper. Of both the lower one holds, as with curl. curl takes no HTTP_PROXY, because a web server's
// CGI sets it from a client's Proxy field; trawl is no CGI program, and takes it.
#pragma once

#include "cli/options.hpp"

namespace trawl {

/// Where nobody said --proxy: the proxy of each scheme. An empty variable says nothing.
void read_proxy_variables(const environment& env, reading& into);
/// What goes direct, whoever named the proxy. Not looked at when there is none.
void read_no_proxy(const environment& env, reading& into);

}  // namespace trawl
