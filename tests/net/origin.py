"""The origin: one nginx for every well-behaved server, by HTTP and HTTPS on all addresses.

Small pages are answered by `return`, from memory, which costs nginx least: no file, one writev. The
configuration stands in the folder it runs in; nothing of the system's nginx is used but its binary.
"""
import gzip
import os
import resource
import shutil

from . import ca

PAGE_BYTES = 1130  # With nginx's head the response is about 1.3 KB.
SIZES = {"1k": 1 << 10, "100k": 100 << 10, "1m": 1 << 20, "20m": 20 << 20}
STATUSES = (200, 201, 202, 400, 401, 403, 404, 405, 408, 410, 421, 425, 429, 451, 500, 501, 502, 503, 504)
LONGEST_CHAIN = 60


def binary():
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


def page(title, size=PAGE_BYTES):
    head = f"<!doctype html><html><head><title>{title}</title></head><body><p>"
    tail = "</p></body></html>\n"
    words = "a page of the test internet, with some text to fill it. "
    fill = size - len(head) - len(tail)
    return head + (words * (fill // len(words) + 1))[:fill] + tail


def _quoted(path):
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _redirects(http_port, https_port):
    yield from (f"location = /redirect/{n} {{ return 302 /redirect/{n - 1}; }}" for n in range(1, LONGEST_CHAIN + 1))
    yield from (f"location = /redirect-status/{n} {{ return {n} /page/redirected; }}" for n in (301, 302, 303, 307, 308))
    targets = {
        "/redirect-loop": "/redirect-loop",
        "/redirect-loop-a": "/redirect-loop-b",
        "/redirect-loop-b": "/redirect-loop-a",
        "/redirect-to-https": f"https://$host:{https_port}/page/redirected",
        "/redirect-to-http": f"http://$host:{http_port}/page/redirected",
        "/redirect-abs": f"http://h1.test:{http_port}/page/redirected",
        "/redirect-to-nowhere": f"http://gone.nx.test:{http_port}/",
        "/redirect-ftp": "ftp://h1.test/file",
        "/redirect-bad": "http://h1.test:99999/",
        "/redirect-fragment": "/page/redirected#part",
        "/redirect-query": "?again=1",
        "/redirect-to": "$arg_to",
    }
    for path, target in targets.items():
        if path == "/redirect-query":
            yield f'location = {path} {{ if ($args) {{ return 200 "query: $args\\n"; }} return 302 "{path}{target}"; }}'
        else:
            yield f'location = {path} {{ return 302 "{target}"; }}'


def _locations(folder, http_port, https_port):
    small = page("small")
    files = _quoted(os.path.join(folder, "files"))
    yield f"location / {{ return 200 '{small}'; }}"
    yield f"location ^~ /page/ {{ return 200 '{small}'; }}"
    yield f"location ^~ /size/ {{ alias {files[:-1]}/\"; default_type application/octet-stream; }}"
    for code in STATUSES:
        yield f'location = /status/{code} {{ return {code} "status {code}\\n"; }}'
    yield "location = /status/204 { return 204; }"
    yield 'location = /status/304 { return 304; }'
    for code in (429, 503):
        yield (f"location ~ ^/retry-after/{code}/(?<seconds>\\d+)$ {{ add_header Retry-After $seconds always; "
               f'return {code} "later\\n"; }}')
    yield from _redirects(http_port, https_port)
    # Compressed on the fly (and so chunked) for those who accept it; /gzip-always whatever they accept.
    yield f"location ^~ /gzip {{ gzip on; gzip_min_length 1; root {files}; try_files /100k.html =404; }}"
    yield (f"location = /gzip-always {{ root {files}; try_files /100k.html.gz =404; types {{ }} "
           "add_header Content-Encoding gzip; }")
    yield f"location ^~ /no-keepalive {{ keepalive_timeout 0; return 200 '{small}'; }}"
    yield f"location ^~ /slow {{ limit_rate 10k; root {files}; try_files /100k =404; default_type application/octet-stream; }}"
    yield f"location ^~ /no-head {{ if ($request_method = HEAD) {{ return 405; }} return 200 '{small}'; }}"
    yield ("location = /echo { default_type text/plain; return 200 "
           "'$request_method $request_uri $server_protocol\\nhost: $http_host\\nuser-agent: $http_user_agent\\n"
           "x-test: $http_x_test\\naccept: $http_accept\\naccept-encoding: $http_accept_encoding\\n"
           "connection: $http_connection\\non-connection: $connection_requests\\n'; }")
    yield "location = /_nginx/status { stub_status; }"


def _server(names, certificate, key, folder, addresses, http_port, https_port, default=False):
    extra = " default_server reuseport backlog=4096" if default else ""
    lines = ["server {", f"  server_name {' '.join(names)};"]
    for address in addresses:
        shown = f"[{address}]" if ":" in address else address
        only_v6 = " ipv6only=on" if default and ":" in address else ""
        lines.append(f"  listen {shown}:{https_port} ssl{extra}{only_v6};")
        if default:
            lines.append(f"  listen {shown}:{http_port}{extra}{only_v6};")
    lines += [f"  ssl_certificate {_quoted(os.path.join(folder, 'ca', certificate + '.chain.pem'))};",
              f"  ssl_certificate_key {_quoted(os.path.join(folder, 'ca', key + '.key'))};",
              f"  include {_quoted(os.path.join(folder, 'locations.conf'))};", "}"]
    return "\n".join(lines)


def _servers(folder, addresses, http_port, https_port):
    at = (folder, addresses, http_port, https_port)
    yield _server(["_"], "good", "leaf", *at, default=True)
    for leaf, hosts in ca.host_groups():
        yield _server(hosts, leaf, "leaf", *at)
    yield _server(["rsa.test"], "rsa", "rsa", *at)
    for name in ca.BAD_HOSTS:
        yield _server([f"{name}.test"], name, "leaf", *at)


def descriptors():
    """What one worker may open: the hard limit, which even root may not always raise."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)


def _main(folder, workers):
    files = descriptors()
    connections = max(256, min(16384, files - 1000))
    temp = "".join(f"  {kind}_temp_path {_quoted(os.path.join(folder, 'temp', kind))};\n"
                   for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root root;\n" if os.geteuid() == 0 else ""  # The folder is ours alone to read.
    return f"""{user}daemon off;
worker_processes {workers};
worker_rlimit_nofile {files};
pid {_quoted(os.path.join(folder, 'nginx.pid'))};
error_log {_quoted(os.path.join(folder, 'nginx-error.log'))} warn;
events {{ worker_connections {connections}; }}
http {{
{temp}  access_log off;
  log_not_found off;
  server_tokens off;
  default_type text/html;
  absolute_redirect off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 120s;
  keepalive_requests 1000000000;
  large_client_header_buffers 4 128k;
  server_names_hash_max_size 4096;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ecdh_curve X25519:prime256v1;
  ssl_session_cache shared:tls:8m;
  include {_quoted(os.path.join(folder, 'servers.conf'))};
}}
"""


def _write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def _write_files(folder):
    os.mkdir(folder)
    for name, size in SIZES.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.truncate(size)
    text = page("large", SIZES["100k"]).encode()
    _write(folder, "100k.html", text)
    _write(folder, "100k.html.gz", gzip.compress(text))


def prepare(folder, addresses, http_port, https_port, workers):
    """Writes everything nginx needs; returns the command. The CA must be in folder/ca already."""
    os.mkdir(os.path.join(folder, "temp"))
    _write_files(os.path.join(folder, "files"))
    _write(folder, "locations.conf", "\n".join(_locations(folder, http_port, https_port)) + "\n")
    _write(folder, "servers.conf", "\n".join(_servers(folder, addresses, http_port, https_port)) + "\n")
    _write(folder, "nginx.conf", _main(folder, workers))
    return [binary(), "-p", folder, "-e", os.path.join(folder, "nginx-error.log"), "-c", os.path.join(folder, "nginx.conf")]
