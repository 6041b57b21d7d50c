#!/usr/bin/env python3
"""Records what a real Debian 12 nginx (just installed) answers to the requests below, for decoy_test.cpp.

    tests/unit/server/nginx/record.py HOST:PORT > tests/unit/server/nginx/recorded.jsonl

The server's page must have been changed last at MODIFIED (touch -d). Each line: name, request, response, whether nginx closed.
Bytes are
written as characters of the same number. The built-in decoy must give the same bytes; Date is the only thing the test blanks.
"""
import json
import socket
import sys
import time

MODIFIED = "Sun, 01 Mar 2026 10:20:30 GMT"
ETAG = '"69a412ee-267"'


def get(path="/", head="", version="1.1", method="GET", host="Host: relay.example.org\r\n", body=""):
    return f"{method} {path} HTTP/{version}\r\n{host}{head}\r\n{body}"


CASES = {
    "the page": get(),
    "its head": get(method="HEAD"),
    "the page, last request": get(head="Connection: close\r\n"),
    "the page by name": get("/index.nginx-debian.html"),
    "old protocol": get(version="1.0"),
    "old protocol without a host": get(version="1.0", host=""),
    "old protocol kept alive": get(version="1.0", head="Connection: keep-alive\r\n"),
    "protocol 0.9": "GET /\r\n",
    "protocol 0.9 of nothing": "GET /nothing\r\n",
    "protocol 1.2": get(version="1.2"),
    "protocol 1.10": get(version="1.10"),
    "protocol 1.100": get(version="1.100"),
    "protocol 2": get(version="2.0"),
    "protocol 3": get(version="3.0"),
    "protocol 2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "protocol misspelt": "GET / HTTP/1.x\r\n\r\n",
    "protocol unknown": "GET / HTTQ/1.1\r\n\r\n",
    "protocol with a space behind": "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "no such page": get("/nothing"),
    "head of no such page": get("/nothing", method="HEAD"),
    "no such page, old": get("/nothing", version="1.0"),
    "no such page for Chrome": get("/nothing", head="User-Agent: Mozilla/5.0 Chrome/120\r\n"),
    "no such page for an old Explorer": get("/nothing", head="User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows)\r\n"),
    "a page below the page": get("/index.nginx-debian.html/"),
    "index.html": get("/index.html"),
    "favicon": get("/favicon.ico"),
    "hidden file": get("/.htaccess"),
    "with a question": get("/?a=b"),
    "with a question to nothing": get("/x?a=b"),
    "with a fragment": get("/#x"),
    "two slashes": get("//"),
    "dots inside": get("/a/../"),
    "dot inside": get("/./"),
    "dots above": get("/../"),
    "dots above, encoded": get("/%2e%2e/"),
    "dots to above, deep": get("/a/../../etc/passwd"),
    "encoded name": get("/%69ndex.nginx-debian.html"),
    "encoded slash": get("/a%2f..%2f"),
    "encoded zero": get("/%00"),
    "half an encoding": get("/%"),
    "wrong encoding": get("/%zz"),
    "encoded question mark": get("/%3f"),
    "a plus": get("/a+b"),
    "high bytes": "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "zero byte": "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "control byte": "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab in the path": "GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the path": get("/a b"),
    "two spaces": "GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
    "absolute": get("http://relay.example.org/"),
    "absolute without a path": get("http://relay.example.org"),
    "absolute with a port": get("http://relay.example.org:80/"),
    "absolute with a question": get("http://relay.example.org?a"),
    "absolute, https": get("https://relay.example.org/nothing"),
    "absolute, without host header": get("http://relay.example.org/", host=""),
    "absolute, wrong host": get("http://a_b/"),
    "absolute, IPv6": get("http://[::1]:80/"),
    "absolute, no slashes": get("http:relay"),
    "star": get("*"),
    "star for options": get("*", method="OPTIONS"),
    "no slash": get("nothing"),
    "post": get(method="POST", head="Content-Length: 5\r\n", body="hello"),
    "post, chunked": get(method="POST", head="Transfer-Encoding: chunked\r\n", body="5\r\nhello\r\n0\r\n\r\n"),
    "post, broken chunks": get(method="POST", head="Transfer-Encoding: chunked\r\n", body="zz\r\nhello\r\n0\r\n\r\n"),
    "post without a length": get(method="POST"),
    "post, then get": get(method="POST", head="Content-Length: 5\r\n", body="hello") + get("/nothing"),
    "post, chunked, then get": get(method="POST", head="Transfer-Encoding: chunked\r\n", body="5\r\nhello\r\n0\r\n\r\n")
    + get("/nothing"),
    "post to nothing": get("/nothing", method="POST", head="Content-Length: 5\r\n", body="hello"),
    "post, expecting": get(method="POST", head="Content-Length: 5\r\nExpect: 100-continue\r\n", body="hello"),
    "get, expecting": get(head="Content-Length: 5\r\nExpect: 100-continue\r\n", body="hello"),
    "get with a body, then get": get(head="Content-Length: 5\r\n", body="hello") + get("/nothing"),
    "nothing with a body, then get": get("/nothing", head="Content-Length: 5\r\n", body="hello") + get(),
    "too large a body": get(method="POST", head="Content-Length: 1048577\r\n"),
    "too large a body by get": get(head="Content-Length: 99999999999\r\n"),
    "chunk too large": get(method="POST", head="Transfer-Encoding: chunked\r\n", body="fffffff\r\nhello"),
    "no length": get(method="POST", head="Content-Length: x\r\n"),
    "negative length": get(method="POST", head="Content-Length: -1\r\n"),
    "huge length": get(method="POST", head="Content-Length: 99999999999999999999999\r\n"),
    "two lengths": get(method="POST", head="Content-Length: 5\r\nContent-Length: 5\r\n", body="hello"),
    "length and chunks": get(method="POST", head="Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body="hello"),
    "another coding": get(method="POST", head="Transfer-Encoding: gzip\r\n"),
    "two codings": get(method="POST", head="Transfer-Encoding: gzip, chunked\r\n"),
    "twice chunked": get(method="POST", head="Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    "chunks in the old protocol": get(method="POST", version="1.0", head="Transfer-Encoding: chunked\r\n"),
    "put": get(method="PUT", head="Content-Length: 5\r\n", body="hello"),
    "delete": get(method="DELETE"),
    "options": get(method="OPTIONS"),
    "patch": get(method="PATCH"),
    "propfind": get(method="PROPFIND"),
    "trace": get(method="TRACE"),
    "trace nothing": get("/nothing", method="TRACE"),
    "connect": "CONNECT relay.example.org:443 HTTP/1.1\r\nHost: relay.example.org:443\r\n\r\n",
    "connect a path": get(method="CONNECT"),
    "made-up method": get(method="BREW"),
    "made-up method to nothing": get("/nothing", method="BREW"),
    "long method": get(method="A" * 70),
    "underscore method": get(method="A_B"),
    "small method": get(method="get"),
    "method with a digit": get(method="GET1"),
    "no host": get(host=""),
    "empty host": get(host="Host:\r\n"),
    "two hosts": get(head="Host: b\r\n"),
    "wrong host": get(host="Host: a/b\r\n"),
    "host with dots": get(host="Host: a..b\r\n"),
    "host with a port": get(host="Host: a:99999\r\n"),
    "host with a control byte": get(host="Host: a\x01b\r\n"),
    "host, IPv6": get(host="Host: [::1]\r\n"),
    "host, broken IPv6": get(host="Host: [::1\r\n"),
    "host with a final dot": get(host="Host: a.\r\n"),
    "only a dot": get(host="Host: .\r\n"),
    "host with a tail of spaces": get(host="Host:  a  \r\n"),
    "header with a space": get(head="A b: c\r\n"),
    "header without a colon": get(head="nonsense\r\n"),
    "header with an underscore": get(head="a_b: c\r\n"),
    "header without a name": get(head=": c\r\n"),
    "header with a zero": get(head="a: b\0c\r\n"),
    "header name with a zero": get(head="a\0b: c\r\n"),
    "header name with a control byte": get(head="a\x01b: c\r\n"),
    "header with a control byte": get(head="a: b\x01c\r\n"),
    "header folded": get(head="a: b\r\n c: d\r\n"),
    "header with a lone CR": get(head="a: b\rc\r\n"),
    "header name with a lone CR": get(head="ab\rc\r\n"),
    "only line feeds": "GET / HTTP/1.1\nHost: a\n\n",
    "empty lines first": "\r\n\r\n" + get(),
    "a lone CR behind the line": "GET / HTTP/1.1\rHost: a\r\n\r\n",
    "not HTTP": "hello there\r\n\r\n",
    "binary": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a single letter": "G\r\n\r\n",
    "letters": "ABC\r\n",
    "an empty path": "GET \r\nHost: a\r\n\r\n",
    "long path": get("/" + "a" * 7000),
    "path of almost 8 KiB": get("/" + "a" * 8170),
    "path of 8 KiB": get("/" + "a" * 8179),
    "too long a path": get("/" + "a" * 9000),
    "large header": get(head="Cookie: " + "a" * 8000 + "\r\n"),
    "header of almost 8 KiB": get(head="Cookie: " + "a" * 8182 + "\r\n"),
    "header of 8 KiB": get(head="Cookie: " + "a" * 8183 + "\r\n"),
    "too large a header": get(head="Cookie: " + "a" * 9000 + "\r\n"),
    "too many headers": get(head="".join(f"X-{i}: {'a' * 4000}\r\n" for i in range(9))),
    "many headers": get(head="".join(f"X-{i}: {'a' * 4000}\r\n" for i in range(5))),
    "many small headers": get(head="".join(f"X-{i}: {i}\r\n" for i in range(300))),
    "two requests": get() + get("/nothing"),
    "three requests, last one broken": get() + get("/nothing") + "nonsense\r\n\r\n",
    "connection: upgrade": get(
        head="Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    ),
    "upgrade of nothing": get("/nothing", head="Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "connection: both": get(head="Connection: keep-alive, close\r\n"),
    "zipped": get(head="Accept-Encoding: gzip, deflate, br\r\n"),
    "zipped, head": get(method="HEAD", head="Accept-Encoding: gzip\r\n"),
    "zipped, nothing": get("/nothing", head="Accept-Encoding: gzip\r\n"),
    "zipped, head of nothing": get("/nothing", method="HEAD", head="Accept-Encoding: gzip\r\n"),
    "zipped, old": get(version="1.0", head="Accept-Encoding: gzip\r\n"),
    "zipped, not wanted": get(head="Accept-Encoding: gzip;q=0\r\n"),
    "zipped, hardly wanted": get(head="Accept-Encoding: gzip;q=0.001\r\n"),
    "zipped, anything": get(head="Accept-Encoding: *\r\n"),
    "zipped, another": get(head="Accept-Encoding: x-gzip, br\r\n"),
    "zipped, through a proxy": get(head="Accept-Encoding: gzip\r\nVia: 1.1 a\r\n"),
    "zipped, post": get(method="POST", head="Accept-Encoding: gzip\r\nContent-Length: 5\r\n", body="hello"),
    "zipped, last request": get(head="Accept-Encoding: gzip\r\nConnection: close\r\n"),
    "not modified since": get(head=f"If-Modified-Since: {MODIFIED}\r\n"),
    "modified since": get(head="If-Modified-Since: Sun, 01 Mar 2026 10:20:29 GMT\r\n"),
    "modified before": get(head="If-Modified-Since: Mon, 02 Mar 2026 10:20:29 GMT\r\n"),
    "modified nonsense": get(head="If-Modified-Since: nonsense\r\n"),
    "not modified, other spelling": get(head="If-Modified-Since: Sunday, 01-Mar-26 10:20:30 GMT\r\n"),
    "same tag": get(head=f"If-None-Match: {ETAG}\r\n"),
    "same tag, weak": get(head=f"If-None-Match: W/{ETAG}\r\n"),
    "same tag among others": get(head=f'If-None-Match: "a", {ETAG}\r\n'),
    "any tag": get(head="If-None-Match: *\r\n"),
    "other tag": get(head='If-None-Match: "a"\r\n'),
    "other tag, not modified": get(head=f'If-None-Match: "a"\r\nIf-Modified-Since: {MODIFIED}\r\n'),
    "same tag, zipped": get(head=f"If-None-Match: {ETAG}\r\nAccept-Encoding: gzip\r\n"),
    "must match, does": get(head=f"If-Match: {ETAG}\r\n"),
    "must match, does not": get(head='If-Match: "a"\r\n'),
    "unmodified since": get(head=f"If-Unmodified-Since: {MODIFIED}\r\n"),
    "unmodified before": get(head="If-Unmodified-Since: Sun, 01 Mar 2020 10:20:29 GMT\r\n"),
    "not modified, head": get(method="HEAD", head=f"If-None-Match: {ETAG}\r\n"),
    "range": get(head="Range: bytes=0-9\r\n"),
    "range, open": get(head="Range: bytes=600-\r\n"),
    "range, the end": get(head="Range: bytes=-5\r\n"),
    "range, all": get(head="Range: bytes=0-\r\n"),
    "range beyond": get(head="Range: bytes=1000-\r\n"),
    "range, long end": get(head="Range: bytes=-1000\r\n"),
    "range, nonsense": get(head="Range: bytes=a-b\r\n"),
    "range backwards": get(head="Range: bytes=9-0\r\n"),
    "range of something else": get(head="Range: lines=0-9\r\n"),
    "range, head": get(method="HEAD", head="Range: bytes=0-9\r\n"),
    "range, of the same": get(head=f"Range: bytes=0-9\r\nIf-Range: {ETAG}\r\n"),
    "range, of another": get(head='Range: bytes=0-9\r\nIf-Range: "a"\r\n'),
    "range, same date": get(head=f"Range: bytes=0-9\r\nIf-Range: {MODIFIED}\r\n"),
    "range, zipped": get(head="Range: bytes=0-9\r\nAccept-Encoding: gzip\r\n"),
    "range, old": get(version="1.0", head="Range: bytes=0-9\r\n"),
    "range of nothing": get("/nothing", head="Range: bytes=0-9\r\n"),
    "two ranges": get(head="Range: bytes=0-9,-5\r\n"),
    "three ranges, one of them empty": get(head="Range: bytes=0-9, 700-, 20-29\r\n"),
    "two ranges, head": get(method="HEAD", head="Range: bytes=0-9,20-29\r\n"),
    "protocol 0.9 above the site": "GET /../\r\n",
    "ranges that overlap": get(head="Range: bytes=0-99,50-614\r\n"),
    "ranges too many bytes": get(head="Range: bytes=0-614,0-614\r\n"),
}


def ask(address, request):
    with socket.create_connection(address) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(0.6)
        got, closed = b"", False
        try:
            peer.sendall(request.encode("latin-1"))
        except OSError:
            pass
        try:
            while True:
                piece = peer.recv(65536)
                if not piece:
                    closed = True
                    break
                got += piece
        except TimeoutError:
            pass
        except ConnectionError:
            closed = True
        return got.decode("latin-1"), closed


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    for name, request in CASES.items():
        response, closed = ask((host, int(port)), request)
        print(json.dumps({"name": name, "request": request, "response": response, "closed": closed}))


main()
