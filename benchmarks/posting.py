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
    """What to post: every connection sends the next of the requests as soon as it has its answer.

    With a rate (requests per second) they are sent at their times, by whichever connection is free then.
    """

    port: int
    requests_file: str
    connections: int
    seconds: float
    rate: float | None = None


@dataclass(frozen=True)
class Posted:
    """Requests answered with 202 within the time, and what they cost the client.

    due_at: with a rate, when each was due by time.monotonic(), which all processes of a machine share.
    """

    requests: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float
    due_at: list[float]

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


class _Client:
    """The connections of a task, those that are free, and how long each answer took."""

    def __init__(self, task: Task) -> None:
        self._requests = _read_requests(Path(task.requests_file))
        self._connections = {
            one.socket.fileno(): one for one in (_Connection(task.port) for _ in range(task.connections))
        }
        self._poll = select.epoll()
        for descriptor in self._connections:
            self._poll.register(descriptor, select.EPOLLIN)
        self._number = 0
        self.free = list(self._connections.values())
        self.taken: list[float] = []

    @property
    def waits(self) -> bool:
        """True while an answer is missing."""
        return len(self.free) < len(self._connections)

    def send(self) -> None:
        """Send the next request by a free connection."""
        self.free.pop().send(self._requests[self._number % len(self._requests)])
        self._number += 1

    def take_answers(self, seconds: float) -> bool:
        """Wait so long for answers, and free their connections; False when none came."""
        ready = self._poll.poll(seconds)
        for descriptor, _ in ready:
            one = self._connections[descriptor]
            if one.has_answer():
                self.taken.append(time.perf_counter() - one.began)
                self.free.append(one)
        return bool(ready)

    def take_all(self) -> None:
        """Wait for the answers that are missing."""
        while self.waits:
            if not self.take_answers(TIMEOUT_SECONDS):
                raise SystemExit(f"no answer within {TIMEOUT_SECONDS:.0f} s")


def _run(task: Task) -> Posted:
    client = _Client(task)
    cpu, begin = time.process_time(), time.perf_counter()
    due_at = _post_steadily(client, task.rate, task.seconds) if task.rate else _post_at_once(client, task.seconds)
    client.take_all()
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    taken = sorted(client.taken)
    p50, p99 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.99))
    return Posted(len(taken), seconds, cpu, p50, p99, due_at)


def _post_at_once(client: _Client, seconds: float) -> list[float]:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        while client.free:
            client.send()
        if not client.take_answers(TIMEOUT_SECONDS):
            raise SystemExit(f"no answer within {TIMEOUT_SECONDS:.0f} s")
    return []


def _post_steadily(client: _Client, rate: float, seconds: float) -> list[float]:
    """One request every 1/rate seconds; when each was due, whether or not a connection was free then."""
    begin = time.monotonic()
    due_at = [begin + number / rate for number in range(int(rate * seconds))]
    for due in due_at:
        while (left := due - time.monotonic()) > 0 or not client.free:
            client.take_answers(max(left, 0.001))
        client.send()
    return due_at


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Task(**json.load(sys.stdin))))))
