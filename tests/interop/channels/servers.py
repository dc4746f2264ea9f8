"""The other ends of the doors, real on the wire: MLLP, HTTP and FHIR, SFTP, SMTP submission, IMAP."""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from maison.cli import tools
from maison.formats.hl7v2.ack import acknowledge
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.mllp import Decoder, Frame, frame
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.writer import write
from maison.interop.channels.ports.background import Run
from tests.interop.conftest import until
from tests.rabbitmq import free_port


class MllpPeer:
    """Answers each message with the next codes of `script` (AA by default). `cut`: hangs up instead; `mute`: says nothing."""

    def __init__(self, context: ssl.SSLContext | None = None, *, once: bool = False) -> None:
        self.script: list[str] = []
        self.taken: list[bytes] = []
        self.lines = self.ended = 0
        self.context, self.once = context, once
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _ = self.server.accept()
                self.lines += 1
                threading.Thread(target=self._talk, args=(wire,), daemon=True).start()

    def _talk(self, wire: socket.socket) -> None:
        decoder = Decoder()
        with contextlib.suppress(OSError, ssl.SSLError):
            spoken = wire if self.context is None else self.context.wrap_socket(wire, server_side=True)
            with spoken:
                while data := spoken.recv(65_536):
                    if not all(
                        self._answer(spoken, item.data) for item in decoder.feed(data) if isinstance(item, Frame)
                    ):
                        break
        wire.close()
        self.ended += 1

    def _answer(self, wire: socket.socket, data: bytes) -> bool:
        said = self.script.pop(0) if self.script else "AA"
        self.taken.append(data)
        if said == "cut":
            return False
        for code in said.split("+"):
            if code == "mute":
                continue
            message = read_message(data)
            faults = [Fault("PID-3", "REQ", "essai")] if code[1] == "E" else []
            answer = write(acknowledge(message, code, faults))  # type: ignore[arg-type]
            wire.sendall(frame(answer.replace(message.control_id.encode(), b"AUTRE") if code == "other" else answer))
        return not self.once

    def close(self) -> None:
        self.server.close()


class HttpPeer:
    """`answers`: (status, body) for the next requests; status 0 cuts the connection. `taken`: (method, path, headers, body)."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.taken: list[tuple[str, str, dict[str, str], bytes]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, said = peer.answers.pop(0) if peer.answers else (201, {})
                peer.taken.append((self.command, self.path, dict(self.headers), body))
                if status == 0:
                    self.close_connection = True
                    return
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = _do

            def log_message(self, *arguments: object) -> None: ...

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None: ...

        self.server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.address = f"{'https' if context else 'http'}://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Sftp(asyncssh.SFTPServer):
    peer: SftpPeer

    def __init__(self, channel: Any) -> None:
        super().__init__(channel, chroot=str(self.peer.root))
        self._connection = channel.get_connection()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        done = super().posix_rename(oldpath, newpath) if self.peer.cut != "before" else None
        if self.peer.cut:
            self.peer.cut = ""
            self._connection.abort()
        return done

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        if self.peer.cut == "move":
            self.peer.cut = ""
            self._connection.abort()
            raise asyncssh.SFTPFailure("cut")
        return super().rename(oldpath, newpath)


class _SshServer(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("maison", "motdepasse")


class SftpPeer:
    """A server over a folder. `cut`: `after` or `before` the next rename of a deposit, or at the next `move` of a taken file."""

    def __init__(self, run: Run, root: Path) -> None:
        self.run, self.root, self.cut = run, root, ""
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = free_port()
        self._server: Any = None
        self.start()

    @property
    def host_key(self) -> str:
        return self.key.export_public_key().decode().strip()

    def start(self) -> None:
        served = type("Served", (_Sftp,), {"peer": self})

        async def listen() -> Any:
            return await asyncssh.listen(
                "127.0.0.1",
                self.port,
                server_host_keys=[self.key],
                server_factory=_SshServer,
                sftp_factory=served,
                reuse_address=True,
            )

        self._server = self.run(listen(), 10)

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            await self._server.wait_closed()

        self.run(end(), 10)

    def access(self, **values: object) -> dict[str, object]:
        return {"type": "sftp", "machine": f"127.0.0.1:{self.port}", "utilisateur": "maison", "secret": "motdepasse",
                "cles_hote": [self.host_key]} | values  # fmt: skip


class SmtpPeer:
    """A submission server: STARTTLS, then a login, then mails. `codes`: answers to the next mails instead of taking them."""

    def __init__(self, certificate: Path) -> None:
        self.mails: list[Any] = []
        self.codes: list[str] = []
        self.cut = False
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        self._controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, auth_required=True,
            authenticator=self._known,
        )  # fmt: skip
        self._controller.start()
        self.port = self._controller.port

    def _known(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"maison", b"motdepasse")
        return AuthResult(success=known, handled=known)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.cut:
            self.cut = False
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 OK"
        if self.codes:
            return self.codes.pop(0)
        self.mails.append(envelope)
        return "250 OK"

    def close(self) -> None:
        self._controller.stop()


@contextmanager
def dovecot(certificate: Path) -> Iterator[tuple[int, Path]]:
    """An IMAPS server of the tests' own: its port and its certificate are given, one user `maison`, ended by its process."""
    folder = Path(tempfile.mkdtemp(prefix="maison-test-dovecot-"))
    port = free_port()
    user = "nobody" if os.geteuid() == 0 else ""
    mails = folder / "mails"
    mails.mkdir()
    folder.chmod(0o755)
    if user:
        shutil.chown(mails, "nobody", "nogroup")
    owner = user or str(os.geteuid())
    (folder / "users").write_text(f"maison:{{PLAIN}}motdepasse:{_uid(owner)}:{_gid(owner)}::{mails}::\n")
    config = folder / "dovecot.conf"
    config.write_text(
        f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{mails}
first_valid_uid = 1
default_login_user = {owner}
default_internal_user = {owner}
default_internal_group = {"nogroup" if user else os.getegid()}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
"""
    )
    program = tools.dovecot()
    if program is None:
        raise RuntimeError("Dovecot is not installed: apt-get install --no-install-recommends dovecot-imapd")
    process = subprocess.Popen([program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port) or process.poll() is not None, 20)
        assert process.poll() is None, (
            (folder / "log").read_text(errors="replace")[-2000:] if (folder / "log").exists() else "no log"
        )
        yield port, folder
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _uid(owner: str) -> int:
    import pwd

    return int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid


def _gid(owner: str) -> int:
    import pwd

    return os.getegid() if owner.isdigit() else pwd.getpwnam(owner).pw_gid


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def mailbox(port: int, authority: Path) -> Iterator[imaplib.IMAP4_SSL]:
    """What the owner of the mailbox sees."""
    box = imaplib.IMAP4_SSL(
        "127.0.0.1", port, ssl_context=ssl.create_default_context(cafile=str(authority)), timeout=20
    )
    try:
        box.login("maison", "motdepasse")
        yield box
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            box.logout()
