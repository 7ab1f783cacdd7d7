"""The app of the scenarios: says which version answers; can be slow, sick, or refuse to become ready, as its files say."""
import http.server
import os
import signal
import threading
import time
import urllib.parse

VERSION = open("version").read().strip()
READY = open("ready").read().strip()  # yes, never, crash, or sick
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
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(float(query.get("seconds", ["0"])[0]))
        if url.path == "/up" and READY == "never":
            self.say(503, b"not ready\n")
        elif url.path != "/up" and READY == "sick":
            self.say(500, b"sick\n")
        elif url.path == "/host":
            self.say(200, os.uname().nodename.encode())
        elif body:
            self.say(200, body)
        else:
            self.say(200, VERSION.encode())

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
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"version {VERSION} listens", flush=True)
server.serve_forever()
while active > 0:
    time.sleep(0.01)
os._exit(0)
