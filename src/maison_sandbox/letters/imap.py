"""The reading door of the sandbox operator: the few commands of IMAP4rev1 that the house says."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from typing import Any, cast

from .mailboxes import Mailboxes


class _Reader(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 30

    def handle(self) -> None:
        who, chosen = "", False
        self.say("* OK sandbox ready")
        for raw in self.rfile:
            tag, _, words = raw.decode("utf-8", "replace").strip().partition(" ")
            command = words.upper().split(" ")[0]
            if command == "LOGIN":
                login, secret = (one.strip('"') for one in words.split(" ")[1:3])
                if self.server.accounts.get(login) != secret:
                    self.say(f"{tag} NO [AUTHENTICATIONFAILED] refused")
                    continue
                who = login
            elif command == "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return
            elif command == "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1")
            elif not who:
                self.say(f"{tag} NO sign in first")
                continue
            elif command in ("SELECT", "EXAMINE"):
                chosen = True
                self.say(f"* {len(self.server.boxes.of(who))} EXISTS")
            elif command == "UID" and chosen:
                if not self.uid(who, words):
                    self.say(f"{tag} BAD unknown")
                    continue
            elif command not in ("EXPUNGE", "NOOP", "CLOSE"):
                self.say(f"{tag} BAD unknown")
                continue
            self.say(f"{tag} OK done")

    def uid(self, who: str, words: str) -> bool:
        boxes = self.server.boxes
        if words.upper().startswith("UID SEARCH"):
            self.say("* SEARCH " + " ".join(str(rank) for rank in boxes.unseen(who)))
            return True
        found = re.match(r"UID (FETCH|STORE) (\d+) (.*)", words, re.IGNORECASE)
        if found is None:
            return False
        rank, data = int(found[2]), boxes.of(who).get(int(found[2]), b"")
        if found[1].upper() == "FETCH":
            self.wfile.write(f"* 1 FETCH (UID {rank} BODY[] {{{len(data)}}}\r\n".encode() + data + b")\r\n")
        elif "\\DELETED" in found[3].upper():
            boxes.remove(who, rank)
        else:
            boxes.see(who, rank)
        return True

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    boxes: Mailboxes
    accounts: dict[str, str]
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake is made in the thread of its line: a slow caller keeps nobody else out."""
        try:
            request.settimeout(_Reader.timeout)
            request = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        try:
            self.RequestHandlerClass(request, client_address, cast("Any", self))
        except OSError:
            return
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who leaves is no news."""


class ReadingDoor:
    def __init__(self, boxes: Mailboxes, context: ssl.SSLContext, accounts: dict[str, str], port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Reader)
        self._server.boxes, self._server.accounts, self._server.context = boxes, accounts, context
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
