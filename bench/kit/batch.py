"""A list of URLs in every form the subjects want it: a body to POST, a file, a pattern with words, curl's own files."""
import os

from .service import as_json


class Batch:
    """Its files stand in `folder`, which is the caller's. `resolve`: {host: address} for clients that shall not ask a name
    server, on `port`. `glob` (curl) and `pattern` with `words` (ffuf): the same URLs, where they can be said that way."""

    def __init__(self, folder, name, urls, port=0, resolve=None, ca_file=None, glob=None, pattern=None, words=None):
        self.urls = urls
        self.count = len(urls)
        self.ca_file = ca_file
        self.glob = glob
        self.pattern = pattern
        self._folder, self._name = folder, name
        self.url_file = self._write("urls", urls)
        self.word_file = self._write("words", words) if words else None
        self.curl_url_file = None if glob else self._write("curl-urls", (f'url = "{url}"\noutput = "/dev/null"' for url in urls))
        self.resolve_file = self.curl_resolve_file = None
        if resolve:
            lines = [f"{host}:{port}:{address}" for host, address in resolve.items()]
            self.resolve_file = self._write("resolve", lines)
            self.curl_resolve_file = self._write("curl-resolve", (f'resolve = "{line}"' for line in lines))

    def _write(self, kind, lines):
        path = os.path.join(self._folder, f"{self._name}.{kind}")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        return path

    def body(self):
        return as_json(self.urls)
