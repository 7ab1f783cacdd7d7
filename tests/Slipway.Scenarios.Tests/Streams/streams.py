"""Answers that take their time: WebSockets and server-sent events over HTTP/1.1, or streams over HTTP/2 without TLS."""
import base64
import hashlib
import os
import signal
import socket
import struct
import sys
import threading
import time

VERSION = open("version").read().strip()
TICKS, PAUSE = 120, 0.1


def exactly(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def http1(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        head += exactly(connection, 1)
    path = head.split(b" ")[1]
    fields = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:] if b":" in line}
    if path == b"/ws":
        echo(connection, fields)
    elif path == b"/events":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for tick in range(TICKS):
            connection.sendall(b"data: %s %d\n\n" % (VERSION.encode(), tick))
            time.sleep(PAUSE)
        connection.sendall(b"data: end\n\n")
    else:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(VERSION), VERSION.encode()))


def echo(connection, fields):
    accept = base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    while True:
        first, length = exactly(connection, 2)
        mask = exactly(connection, 4)
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(exactly(connection, length & 0x7F)))
        if first & 0x0F == 8:
            connection.sendall(bytes([0x88, len(payload)]) + payload)
            return
        payload = VERSION.encode() + b": " + payload
        connection.sendall(bytes([0x81, len(payload)]) + payload)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def http2(connection):
    exactly(connection, 24)
    lock = threading.Lock()

    def send(data):
        with lock:
            connection.sendall(data)

    def answer(stream):
        try:
            # :status 200, of the static table.
            send(frame(1, 4, stream, b"\x88"))
            for tick in range(TICKS):
                send(frame(0, 0, stream, b"%s %d\n" % (VERSION.encode(), tick)))
                time.sleep(PAUSE)
            send(frame(0, 1, stream, b"end\n"))
        except OSError:
            pass

    send(frame(4, 0, 0))
    while True:
        head = exactly(connection, 9)
        payload = exactly(connection, int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind in (4, 6) and not flags & 1:
            send(frame(kind, 1, 0, payload if kind == 6 else b""))
        elif kind == 1:
            threading.Thread(target=answer, args=(stream,), daemon=True).start()


def serve(connection, speak):
    with connection:
        try:
            speak(connection)
        except (EOFError, OSError):
            pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
listener = socket.create_server(("0.0.0.0", 5000), backlog=64)
print(f"version {VERSION} listens", flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted, http2 if sys.argv[1] == "h2c" else http1), daemon=True).start()
