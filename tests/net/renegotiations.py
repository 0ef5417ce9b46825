"""A TLS 1.2 client that asks for a renegotiation again and again (RFC 5246 7.4.1), which no TLS library does after a no.

    python3 renegotiations.py PORT SECONDS COUNT REQUEST

Connects to 127.0.0.1, sends REQUEST, prints the status line of the answer when it is there, and then sends COUNT heads of a
ClientHello as fast as it can, reading what the server says. Prints how many octets it heard, and "closed" if the server
ended the connection within SECONDS, else "open". REQUEST may be empty: then it asks for nothing, and prints no line.
The records are made here, with the keys of the handshake that the system's OpenSSL did (RFC 5246 6.3, RFC 5288).
"""
import ctypes
import ctypes.util
import hashlib
import hmac
import os
import socket
import struct
import sys
import threading
import time

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from net.key_updates import library  # noqa: E402

SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION = 124, 0x0303
EVP_CTRL_AEAD_GET_TAG = 16
CLIENT_HELLO = b"\x01\x00\x00\x00"
RECORD = 5 + 8 + len(CLIENT_HELLO) + 16
AT_ONCE = 1000


def prf(secret, seed, size):
    """RFC 5246 5, with SHA-256."""
    link, made = seed, b""
    while len(made) < size:
        link = hmac.new(secret, link, hashlib.sha256).digest()
        made += hmac.new(secret, link + seed, hashlib.sha256).digest()
    return made[:size]


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setblocking(True)
        self.ssl = library()
        self.ssl.SSL_get_session.restype = ctypes.c_void_p
        context = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(self.ssl.TLS_client_method())))
        self.ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, ctypes.c_long(TLS1_2_VERSION), None)
        self.ssl.SSL_CTX_set_cipher_list(context, b"ECDHE+AES128+AESGCM")
        self.handle = ctypes.c_void_p(self.ssl.SSL_new(context))
        self.ssl.SSL_set_fd(self.handle, self.socket.fileno())
        if self.ssl.SSL_connect(self.handle) != 1:
            raise RuntimeError("no handshake")
        self.sent = 1  # Records under the new keys: Finished.
        self.heard = 0

    def ask(self, request):
        """The status line of the answer."""
        first = ctypes.create_string_buffer(4096)
        if self.ssl.SSL_write(self.handle, request, len(request)) != len(request) or \
                self.ssl.SSL_read(self.handle, first, len(first)) <= 0:
            raise RuntimeError("no answer")
        self.sent += 1
        return first.value.split(b"\r\n")[0]

    def octets(self, call, of, size):
        into = ctypes.create_string_buffer(size)
        call.restype = ctypes.c_size_t
        if call(of, into, ctypes.c_size_t(size)) != size:
            raise RuntimeError("no such secret")
        return into.raw

    def take_keys(self):
        master = self.octets(self.ssl.SSL_SESSION_get_master_key, ctypes.c_void_p(self.ssl.SSL_get_session(self.handle)), 48)
        ours, theirs = (self.octets(call, self.handle, 32) for call in (self.ssl.SSL_get_client_random, self.ssl.SSL_get_server_random))
        keys = prf(master, b"key expansion" + theirs + ours, 40)
        self.salt = keys[32:36]
        self.crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
        self.crypto.EVP_CIPHER_CTX_new.restype = self.crypto.EVP_aes_128_gcm.restype = ctypes.c_void_p
        self.cipher = ctypes.c_void_p(self.crypto.EVP_CIPHER_CTX_new())
        self.crypto.EVP_EncryptInit_ex(self.cipher, ctypes.c_void_p(self.crypto.EVP_aes_128_gcm()), None, keys[:16], None)

    def record(self):
        number = struct.pack(">Q", self.sent)
        self.sent += 1
        sealed, tag, size = ctypes.create_string_buffer(len(CLIENT_HELLO)), ctypes.create_string_buffer(16), ctypes.c_int()
        known = number + b"\x16\x03\x03" + struct.pack(">H", len(CLIENT_HELLO))
        self.crypto.EVP_EncryptInit_ex(self.cipher, None, None, None, self.salt + number)
        self.crypto.EVP_EncryptUpdate(self.cipher, None, ctypes.byref(size), known, len(known))
        self.crypto.EVP_EncryptUpdate(self.cipher, sealed, ctypes.byref(size), CLIENT_HELLO, len(CLIENT_HELLO))
        self.crypto.EVP_EncryptFinal_ex(self.cipher, None, ctypes.byref(size))
        self.crypto.EVP_CIPHER_CTX_ctrl(self.cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag)
        return b"\x16\x03\x03" + struct.pack(">H", RECORD - 5) + number + sealed.raw + tag.raw

    def listen(self):
        try:
            while piece := self.socket.recv(1 << 16):
                self.heard += len(piece)
        except OSError:
            pass

    def flood(self, count, seconds):
        """Whether the server ended it."""
        self.take_keys()
        listener = threading.Thread(target=self.listen, daemon=True)
        listener.start()
        until = time.monotonic() + seconds
        try:
            for _ in range(0, count, AT_ONCE):
                self.socket.sendall(b"".join(self.record() for _ in range(min(count, AT_ONCE))))
                if not listener.is_alive() or time.monotonic() > until:
                    break
        except OSError:
            pass
        listener.join(max(until - time.monotonic(), 0))
        return not listener.is_alive()


def main():
    port, seconds, count, request = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4].encode()
    client = Client(port)
    if request:
        print(client.ask(request).decode(), flush=True)
    closed = client.flood(count, seconds)
    print(client.heard, "closed" if closed else "open", flush=True)


if __name__ == "__main__":
    main()
