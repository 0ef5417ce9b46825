"""One URL of each kind, with the record it must end in (README, Errors), to be fetched with OPTIONS.

`phase` lists the phases that are right; none listed: any. What is not named is not promised here.
"""

OPTIONS = {"timeout_ms": 2500, "connect_timeout_ms": 1500, "retries": 0, "max_body_bytes": 2 << 20}


def _good(url, status=200, **more):
    return {"url": url, "http": None, "code": None, "phase": [], "status_code": status, **more}


def _bad(url, http, code, *phases, status=None, **more):
    codes = code if isinstance(code, list) else [code]
    return {"url": url, "http": http, "code": codes, "phase": list(phases), "status_code": status, **more}


def _pages(http, https, port):
    at = f"{http}/page/redirected"
    return {
        "page": _good(f"{http}/page/1"),
        "https": _good(f"{https}/page/1"),
        "https-ip": _good(f"https://127.0.0.1:{port['https_port']}/page/1"),
        "https-wildcard": _good(f"https://any.w.test:{port['https_port']}/page/1"),
        "https-rsa": _good(f"https://rsa.test:{port['https_port']}/page/1"),
        "alias": _good(f"http://alias.test:{port['http_port']}/page/1"),
        "dual": _good(f"http://dual.test:{port['http_port']}/page/1"),
        "short-ttl": _good(f"http://short.test:{port['http_port']}/page/1"),
        "size-1m": _good(f"{http}/size/1m", content_length=1 << 20),
        "size-100k": _good(f"{http}/size/100k", content_length=100 << 10),
        "no-keepalive": _good(f"{http}/no-keepalive"),
        "no-content": _good(f"{http}/status/204", 204),
        "redirect": _good(f"{http}/redirect/3", final_url=f"{http}/redirect/0", hops=3),
        "redirect-301": _good(f"{http}/redirect-status/301", final_url=at, hops=1),
        "redirect-308": _good(f"{http}/redirect-status/308", final_url=at, hops=1),
        "redirect-to-https": _good(f"{http}/redirect-to-https", final_url=f"{https}/page/redirected", hops=1),
        "redirect-abs": _good(f"{http}/redirect-abs", final_url=f"http://h1.test:{port['http_port']}/page/redirected", hops=1),
    }


def _statuses(http):
    return {f"status-{code}": _bad(f"{http}/status/{code}", code, "http_status", status=code)
            for code in (400, 401, 403, 404, 410, 429, 500, 502, 503, 504)}


def _redirects(http):
    return {
        "redirect-too-many": _bad(f"{http}/redirect/20", "REDIRECT_ERROR", "too_many_redirects"),
        "redirect-loop": _bad(f"{http}/redirect-loop", "REDIRECT_ERROR", "redirect_loop"),
        "redirect-loop-of-two": _bad(f"{http}/redirect-loop-a", "REDIRECT_ERROR", "redirect_loop"),
        "redirect-bad": _bad(f"{http}/redirect-bad", "REDIRECT_ERROR", "invalid_redirect"),
        "redirect-ftp": _bad(f"{http}/redirect-ftp", "REDIRECT_ERROR", "invalid_redirect"),
        "redirect-to-nowhere": _bad(f"{http}/redirect-to-nowhere", "DNS_ERROR", "dns_error", "dns"),
    }


def _names_and_tls(port):
    def tls(host):
        return _bad(f"https://{host}:{port['https_port']}/", "SSL_ERROR", "tls_certificate_error", "tls")
    return {
        "no-such-name": _bad(f"http://no-such-name.nx.test:{port['http_port']}/", "DNS_ERROR", "dns_error", "dns"),
        **{host: tls(f"{host}.test") for host in
           ("expired", "not-yet-valid", "self-signed", "wrong-host", "unknown-issuer", "no-chain")},
        "tls-plain": _bad(f"https://h2.test:{port['tls_plain_port']}/", "SSL_ERROR", "tls_protocol_error", "tls"),
        "tls-alert": _bad(f"https://h2.test:{port['tls_alert_port']}/", "SSL_ERROR", "tls_alert_received", "tls"),
        "tls-stall": _bad(f"https://h2.test:{port['tls_stall_port']}/", "TIMEOUT", "connection_timeout", "tls"),
    }


def _connections(port):
    return {
        "refused": _bad(f"http://h3.test:{port['refused_port']}/", "CONNECT_ERROR", "connection_refused", "connect"),
        "refused-https": _bad(f"https://h3.test:{port['refused_port']}/", "CONNECT_ERROR", "connection_refused", "connect"),
        "blackhole": _bad(f"http://blackhole.test:{port['blackhole_port']}/", "TIMEOUT", "connection_timeout", "connect"),
    }


def _input():
    return {
        "invalid-url": _bad("http://[::bad/", "INVALID_URL", "invalid_url", "input"),
        "not-a-url": _bad("no scheme at all", "INVALID_URL", "invalid_url", "input"),
        "scheme": _bad("ftp://h0.test/file", "INVALID_URL", "unsupported_scheme", "input"),
    }


def _raw_good(raw):
    return {f"raw-{name}": _good(f"{raw}/{name}/s", **more) for name, more in {
        "ok": {"content_length": 5}, "chunked": {"content_length": 11}, "1xx": {"content_length": 5},
        "close-delimited": {"content_length": 19}, "http10": {"content_length": 5}, "leftover": {"content_length": 5},
        "close-after-one": {"content_length": 5}, "bare-lf": {"content_length": 5}, "odd-lines": {"content_length": 5},
        "big-head": {"content_length": 5}, "length-and-chunked": {"content_length": 5}}.items()}


def _raw_bad(raw):
    protocol, timeout = "PROTOCOL_ERROR", "TIMEOUT"
    table = {
        "stall": (timeout, "http_response_timeout", "ttfb"),
        "stall-head": (timeout, ["http_response_timeout", "connection_read_timeout"], "ttfb", "transfer"),
        "stall-body": (timeout, "connection_read_timeout", "transfer"),
        "drip": (timeout, "connection_read_timeout", "transfer"),
        "reset": (protocol, "connection_terminated", "ttfb"),
        "reset-body": (protocol, ["connection_terminated", "http_response_incomplete"], "transfer"),
        "close": (protocol, "connection_terminated", "ttfb"),
        "bad-status": (protocol, "http_protocol_error", "ttfb"),
        "http09": (protocol, "http_protocol_error", "ttfb"),
        "not-http": (protocol, "http_protocol_error", "ttfb"),
        "short-length": (protocol, "http_response_incomplete", "transfer"),
        "cut-chunk": (protocol, "http_response_incomplete", "transfer"),
        "bad-chunk": (protocol, "http_response_transfer_coding", "transfer"),
        "huge-chunk": (protocol, "http_response_transfer_coding", "transfer"),
        "conflicting-length": (protocol, "http_protocol_error", "ttfb", "transfer"),
        "negative-length": (protocol, "http_protocol_error", "ttfb", "transfer"),
        "1xx-forever": (protocol, "http_protocol_error", "ttfb"),
        "101": (protocol, "http_protocol_error", "ttfb"),
        "head-flood": (protocol, "http_response_header_section_size", "ttfb"),
        "long-line": (protocol, "http_response_header_section_size", "ttfb"),
        "body-forever": ("BODY_ERROR", "http_response_body_size", "transfer"),
        "big-length": ("BODY_ERROR", "http_response_body_size", "ttfb", "transfer"),
    }
    return {f"raw-{name}": _bad(f"{raw}/{name}/s", *row) for name, row in table.items()}


def make(net):
    """{kind: {"url", "http", "code", "phase", "status_code", ...}}; `net` as the test internet describes itself."""
    http, https = f"http://h0.test:{net['http_port']}", f"https://h0.test:{net['https_port']}"
    raw = f"http://raw.test:{net['raw_port']}/raw"
    kinds = {**_pages(http, https, net), **_statuses(http), **_redirects(http), **_names_and_tls(net),
             **_connections(net), **_input(), **_raw_good(raw), **_raw_bad(raw)}
    if net["ipv6"]:
        kinds["v6-only"] = _good(f"http://v6.test:{net['http_port']}/page/1")
        kinds["v6-literal"] = _good(f"http://[::1]:{net['http_port']}/page/1")
    return kinds
