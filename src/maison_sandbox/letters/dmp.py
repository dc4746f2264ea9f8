"""The DMP of the sandbox: ITI-41 and ITI-57 over HTTPS, with the refusals a registry makes.

A token is asked for and verified; the patient of the token, of the submission, of its entries are one; hash and size are those of the
bytes; the record exists (`closed` lists those that do not); one unique id comes once;
what is replaced or taken back is there. Codes are those of IHE TF-3 table 4.2.4.1-2.
"""

from __future__ import annotations

import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from cryptography import x509

from maison.formats.xds import names, soap, vihf, xdm
from maison.formats.xds.ebrim import FoundEntry
from maison.formats.xds.soap import Error, Request

PATH = "/dmp/"
LARGEST = 30 * 1024 * 1024


class Registry:
    """`records`: unique id → what is known of the document. `closed`: matricules without a record."""

    def __init__(self, folder: Path, authority: x509.Certificate) -> None:
        self.folder, self.authority = folder, authority
        self.closed: set[str] = set()
        self.faults: set[str] = set()
        self.answers = threading.Event()
        self.asked = 0
        self._lock = threading.Lock()
        self._file = folder / "registre.json"
        self.records: dict[str, dict[str, Any]] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def answer(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        """HTTP status and SOAP answer."""
        self.asked += 1
        try:
            request = soap.read_request(content_type, body)
            claims = vihf.verify(request.token, self.authority, datetime.now(UTC))
        except vihf.BadToken as bad:
            return 500, soap.write_fault("wsse:FailedAuthentication", f"Le jeton VIHF est refusé ({bad.reason}).")
        except ValueError:
            return 400, soap.write_fault("soap:Sender", "La demande ne se lit pas.")
        with self._lock:
            errors = [] if self.faults & {"occupe"} else list(self._wrong(request, claims))
            if self.faults & {"occupe"}:
                errors = [Error("XDSRegistryBusy", "revenez plus tard")]
            if not errors:
                self._keep(request)
        action = names.UPDATE_ANSWER if request.action == names.UPDATE else names.PROVIDE_AND_REGISTER_ANSWER
        return 200, soap.write_answer(action, request.message_id, errors)

    def _wrong(self, request: Request, claims: vihf.Claims) -> list[Error]:
        submission = request.submission
        patients = {claims.patient, submission.patient_id, *(entry.patient_id for entry in submission.entries)}
        if len(patients) != 1:
            return [Error("XDSPatientIdDoesNotMatch", "le jeton et les métadonnées nomment deux patients")]
        matricule, _, rest = claims.patient.partition("^")
        if not matricule or matricule in self.closed or "&1.2.250.1.213.1.4." not in rest:
            return [Error("XDSUnknownPatientId", "aucun dossier ouvert")]
        if claims.access_mode != "normal" or not claims.structure:
            return [Error("XDSRegistryError", "le jeton ne dit pas la structure ou le mode d'accès")]
        if request.action == names.UPDATE:
            known = {record["entry"]: record for record in self.records.values()}
            wrong = [
                entry for entry in submission.statuses if entry not in known or known[entry]["status"] == names.DELETED
            ]
            return [Error("XDSMetadataUpdateError", "document absent")] * len(wrong)
        return [error for entry in submission.entries for error in self._wrong_entry(request, entry)]

    def _wrong_entry(self, request: Request, entry: FoundEntry) -> list[Error]:
        data = request.documents.get(entry.id)
        if data is None:
            return [Error("XDSMissingDocument", entry.id)]
        if not xdm.matches(entry, data):
            return [Error("XDSRepositoryMetadataError", "empreinte ou taille fausses")]
        missing = [
            name
            for name in ("class", "type", "format", "facility", "practice", "confidentiality")
            if not entry.codes[name]
        ]
        if missing:
            return [Error("XDSRegistryMetadataError", f"il manque {', '.join(missing)}")]
        if (known := self.records.get(entry.unique_id)) is not None:
            same = known["hash"] == entry.hash
            return [Error("XDSDuplicateUniqueIdInRegistry" if same else "XDSNonIdenticalHash", entry.unique_id)]
        replaced = request.submission.replaced.get(entry.id)
        former = next((record for record in self.records.values() if record["entry"] == replaced), None)
        if replaced and (former is None or former["status"] != names.APPROVED):
            return [Error("XDSReplaceFailed", "le document remplacé n'est pas là ou n'est plus courant")]
        return []

    def _keep(self, request: Request) -> None:
        submission = request.submission
        for record in self.records.values():
            if record["entry"] in submission.replaced.values():
                record["status"] = names.DEPRECATED
            if record["entry"] in submission.statuses:
                record["status"] = submission.statuses[record["entry"]]
        for entry in submission.entries:
            self.records[entry.unique_id] = {
                "entry": entry.id, "hash": entry.hash, "title": entry.title, "status": names.APPROVED,
                "patient": entry.patient_id, "type": list(entry.codes["type"]),
                "confidentiality": list(entry.codes["confidentiality"]), "at": datetime.now(UTC).isoformat(),
            }  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file.write_text(json.dumps(self.records, ensure_ascii=False, indent=1))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", "0") or 0)
        if self.path != PATH or not 0 < size <= LARGEST:
            self.close_connection = True
            self.send_error(413 if size > LARGEST else 404)
            return
        body = self.rfile.read(size)
        if "indisponible" in self.server.registry.faults:
            self.send_error(503)
            return
        status, answer = self.server.registry.answer(self.headers.get("Content-Type", ""), body)
        if "attend" in self.server.registry.faults:  # done, and the answer is long to come
            self.server.registry.answers.wait(60)
        if "coupe" in self.server.registry.faults:  # done, and nobody is told
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the standard library's name
        """No log: requests hold documents."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Registry
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            request.settimeout(_Handler.timeout)
            request = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        try:
            self.RequestHandlerClass(request, client_address, cast("Any", self))
        except (OSError, ValueError):
            return
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who leaves is no news."""


class RecordDoor:
    def __init__(self, registry: Registry, context: ssl.SSLContext, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.registry, self._server.context = registry, context
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}{PATH}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        self._server.registry.answers.set()
        self._server.shutdown()
        self._server.server_close()
