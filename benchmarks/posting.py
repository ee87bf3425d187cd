"""A light HTTP client for load: so many connections, requests made beforehand, no library between them and the socket.

Runs in a process of its own (`python -m benchmarks.posting`), since the server must not share an interpreter with it,
and costs about 10 µs of CPU a request, so that a server on the same two cores is what is measured. Takes its task from
stdin as one JSON object, and prints what it `Posted` as another.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

READ_BYTES = 2**17
TIMEOUT_SECONDS = 30.0
END_OF_HEADERS = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True)
class Task:
    """What to post: every connection sends the next of the requests as soon as it has its answer."""

    port: int
    requests_file: str
    connections: int
    seconds: float


@dataclass(frozen=True)
class Posted:
    """Requests answered with 202 within the time, and what they cost the client."""

    requests: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def write_requests(file: Path, content_type: str, bodies: list[bytes]) -> None:
    """Whole HTTP requests, each behind its length."""
    head = f"POST /v1/events HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\ncontent-length: "
    with file.open("wb") as out:
        for body in bodies:
            request = head.encode() + b"%d" % len(body) + END_OF_HEADERS + body
            out.write(len(request).to_bytes(4, "little") + request)


def post(task: Task) -> Posted:
    """Run the task in a process of its own. Ends the benchmark when an answer is not a 202."""
    client = subprocess.run(
        [sys.executable, "-m", "benchmarks.posting"],
        input=json.dumps(asdict(task)).encode(),
        capture_output=True,
        timeout=task.seconds + 60,
    )
    if client.returncode:
        raise SystemExit(client.stderr.decode()[-2000:])
    return Posted(**json.loads(client.stdout))


class _Connection:
    """One keep-alive connection, and what came of the answer it waits for."""

    __slots__ = ("answer", "began", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer, self.began = b"", 0.0

    def send(self, request: bytes) -> None:
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def has_answer(self) -> bool:
        """Read what is there; whether the answer is complete. It must be a 202."""
        self.answer += self.socket.recv(READ_BYTES)
        end = self.answer.find(END_OF_HEADERS)
        if end < 0:
            if not self.answer:
                raise SystemExit("the server closed a connection")
            return False
        if not self.answer.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"expected 202, got {self.answer[:300]!r}")
        at = self.answer.find(LENGTH) + len(LENGTH)
        length = int(self.answer[at : self.answer.find(b"\r", at)])
        if len(self.answer) < end + len(END_OF_HEADERS) + length:
            return False
        self.answer = b""
        return True


def _read_requests(file: Path) -> list[bytes]:
    text, at, requests = file.read_bytes(), 0, []
    while at < len(text):
        size = int.from_bytes(text[at : at + 4], "little")
        requests.append(text[at + 4 : at + 4 + size])
        at += 4 + size
    return requests


def _run(task: Task) -> Posted:
    requests = _read_requests(Path(task.requests_file))
    connections = {one.socket.fileno(): one for one in (_Connection(task.port) for _ in range(task.connections))}
    poll = select.epoll()
    for descriptor in connections:
        poll.register(descriptor, select.EPOLLIN)
    taken: list[float] = []
    number, waiting = 0, len(connections)
    cpu, begin = time.process_time(), time.perf_counter()
    end = begin + task.seconds
    for one in connections.values():
        one.send(requests[number % len(requests)])
        number += 1
    while waiting:
        ready = poll.poll(TIMEOUT_SECONDS)
        if not ready:
            raise SystemExit(f"no answer within {TIMEOUT_SECONDS:.0f} s")
        for descriptor, _ in ready:
            one = connections[descriptor]
            if not one.has_answer():
                continue
            now = time.perf_counter()
            taken.append(now - one.began)
            if now < end:
                one.send(requests[number % len(requests)])
                number += 1
            else:
                waiting -= 1
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    taken.sort()
    p50, p99 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.99))
    return Posted(len(taken), seconds, cpu, p50, p99)


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Task(**json.load(sys.stdin))))))
