"""A wire between a browser and the house that a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Forwards a port of this machine to the house. `cut()` breaks every connection and refuses new ones."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.whole = True
        self.ends: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            with self.lock:
                self.ends |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass  # cut, or closed by the other side: both ends go
        finally:
            self._close(source, sink)

    def _close(self, *ends: socket.socket) -> None:
        with self.lock:
            self.ends -= set(ends)
        for end in ends:
            with contextlib.suppress(OSError):  # already gone
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        self.whole = False
        self._close(*list(self.ends))

    def mend(self) -> None:
        self.whole = True

    def end(self) -> None:
        self.cut()
        self.server.close()
