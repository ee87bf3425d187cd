"""A wire between a client and a server, to be cut at a chosen word: what the client said arrives, its answer does not.

A process of its own: DuckDB holds Python's lock while it prepares a statement, and would wait for a thread for ever.

    with Wire(port) as wire:  # connect to wire.port
        wire.cut_after("COMMIT")
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from typing import Self


class Wire:
    """Listens on a free port of 127.0.0.1 and carries each connection on to `port`."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "tests.support.cutting", str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def cut_after(self, word: str) -> None:
        """Once: carry the next message that holds the word, wait for its answer, and cut instead of giving it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "waiting\n"

    def was_cut(self) -> bool:
        """Waits for the cut."""
        assert self._process.stdout is not None
        return self._process.stdout.readline() == "cut\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()


class _Carrier:
    """The other end: carries bytes, and knows the word."""

    def __init__(self, target: int) -> None:
        self._target, self._word = target, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        print(self._listener.getsockname()[1], flush=True)

    def cut_after(self, word: bytes) -> None:
        self._word = word
        print("waiting", flush=True)

    def listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            doomed = threading.Event()
            for one, other, is_client in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(one, other, is_client, doomed), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_client: bool, doomed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while told := source.recv(65536):
                if is_client and self._word and self._word in told:
                    self._word = b""
                    doomed.set()
                elif not is_client and doomed.is_set():
                    print("cut", flush=True)
                    break
                target.sendall(told)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def main() -> None:
    carrier = _Carrier(int(sys.argv[1]))
    threading.Thread(target=carrier.listen, daemon=True).start()
    for line in sys.stdin:
        carrier.cut_after(line.strip().encode())


if __name__ == "__main__":
    main()
