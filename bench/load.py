"""Load in a process of its own: `python -m bench.load PORT PATH CONNECTIONS SECONDS`.

Each connection sends its next POST as soon as the last one is answered. Prints one object of JSON:
how many were answered, how many of them with 200, and waiting times in milliseconds.
"""

import json
import selectors
import socket
import subprocess
import sys
import time

BODY_BYTES = 1_024


def run(port, path, connections=64, seconds=3.0):
    """Run it in another process; return what it prints."""
    command = [sys.executable, "-m", "bench.load", str(port), path, str(connections), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def request(path, number):
    """Return a hook of about 1 KB, whose stream is new each time."""
    body = {
        "nodeId": "n@10.0.0.1", "appKey": "defaultApp", "sessionId": f"/10.0.0.2:{number}",
        "mediaSessionId": f"m-{number}", "name": f"guest-{number % 1000}", "published": True,
        "hasVideo": True, "hasAudio": True, "status": "PENDING", "mediaProvider": "WebRTC",
    }  # fmt: skip
    body["info"] = "x" * (BODY_BYTES - len(json.dumps(body)) - 12)
    payload = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def main(port, path, connections, seconds):
    """Send until the time is over, then wait for what is on its way."""
    selector = selectors.DefaultSelector()
    number, answered, good, waits = 0, 0, 0, []
    until = time.perf_counter() + seconds
    for _ in range(connections):
        plug = socket.create_connection(("127.0.0.1", port))
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number += 1
        plug.sendall(request(path, number))
        selector.register(plug, selectors.EVENT_READ, [bytearray(), time.perf_counter()])
    began, left = time.perf_counter(), connections
    while left:
        for key, _ in selector.select(5.0) or sys.exit("no answer within 5 s"):
            data = key.data
            data[0] += key.fileobj.recv(65_536)
            length = whole(data[0])
            if not length:
                continue
            now = time.perf_counter()
            waits.append(now - data[1])
            answered += 1
            good += data[0].startswith(b"HTTP/1.1 200")
            del data[0][:length]
            if now >= until:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                left -= 1
                continue
            number += 1
            data[1] = now
            key.fileobj.sendall(request(path, number))
    waits.sort()
    print(
        json.dumps(
            {
                "answered": answered,
                "good": good,
                "per_s": answered / (time.perf_counter() - began),
                "p50_ms": waits[len(waits) // 2] * 1000,
                "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
            }
        )
    )


def whole(data):
    """Return how many bytes the first whole answer has, 0 while it is not whole."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    for line in bytes(data[:end]).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = end + 4 + int(line.split(b":")[1])
            return length if len(data) >= length else 0
    return end + 4


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
