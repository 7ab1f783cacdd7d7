"""
The app of the scenarios: says which version answers; can be slow, sick, or refuse to become ready, as its files say.
Any body comes back. /download sends bytes for a while, /upload counts them, /events is a stream of server-sent events, /socket a WebSocket that echoes.
"""
import base64
import hashlib
import http.server
import os
import signal
import threading
import time
import urllib.parse

VERSION = open("version").read().strip()
READY = open("ready").read().strip()  # yes, never, crash, sick, or rude
active = 0
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.handle_counted()

    def do_POST(self):
        self.handle_counted()

    def handle_counted(self):
        global active
        with lock:
            active += 1
        try:
            self.answer()
        finally:
            with lock:
                active -= 1

    def answer(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        number = lambda key: float(query.get(key, ["0"])[0])
        if url.path == "/download":
            return self.download(int(number("bytes")), number("over"))
        if url.path == "/events":
            return self.events(int(number("count")), number("every"))
        if url.path == "/socket":
            return self.socket()
        body = self.body()
        time.sleep(number("seconds"))
        if url.path == "/upload":
            self.say(200, str(len(body)).encode())
        elif url.path == "/up" and READY == "never":
            self.say(503, b"not ready\n")
        elif url.path != "/up" and READY == "sick":
            self.say(500, b"sick\n")
        elif url.path == "/host":
            self.say(200, os.uname().nodename.encode())
        elif body:
            self.say(200, body)
        else:
            self.say(200, VERSION.encode())

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def begin(self, status, **headers):
        self.send_response(status)
        self.send_header("X-Version", VERSION)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def download(self, size, over):
        self.begin(200, Content_Length=str(size))
        for part in range(10):
            self.wfile.write(b"x" * (size // 10))
            time.sleep(over / 10)

    def events(self, count, every):
        self.begin(200, Content_Type="text/event-stream", Transfer_Encoding="chunked")
        for number in range(count):
            event = f"data: {number}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(every)
        self.wfile.write(b"0\r\n\r\n")

    def socket(self):
        """RFC 6455: short frames of the client come back, until it closes."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.begin(101, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Accept=base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.close_connection = True
        while len(head := self.rfile.read(2)) == 2:
            mask = self.rfile.read(4)
            text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.rfile.read(head[1] & 127)))
            self.wfile.write(bytes([head[0], len(text)]) + text)
            if head[0] & 15 == 8:
                return

    def say(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Version", VERSION)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if READY == "crash":
    raise SystemExit("this version can't start: no configuration found")
server = Server(("0.0.0.0", 5000), Handler)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0) if READY == "rude" else threading.Thread(target=server.shutdown).start())
print(f"version {VERSION} listens", flush=True)
server.serve_forever()
while active > 0:
    time.sleep(0.01)
os._exit(0)
