"""A hospital's HL7v2 software for the tests: messages plainly fictional, a socket that frames and waits for answers."""

from __future__ import annotations

import itertools
import socket
import ssl
from typing import Any

from maison.foundations.access.actor import Actor
from maison.interop.exchanges.actions import register_client
from maison.interop.exchanges.models import Client
from tests.factories import StructureFactory

DOMAIN = "1.2.250.1.213.1.4.99"
GAM = ("GAM", "CHU-X")
INS_TEST = "1.2.250.1.213.1.4.10"
PERSON_ONLY = ("A28", "A31", "A40", "A47", "A24", "A37")
_numbers = itertools.count(1)


def declare(name: str = "gam.chu-x", *, application: str = "GAM", facility: str = "CHU-X", port: int | None = None,
            doors: tuple[str, ...] = ("mllp",), structure: Any = None, **fields: Any) -> Client:  # fmt: skip
    structure = structure or StructureFactory(name=f"Établissement fictif {name}")
    client, _ = register_client(
        actor=Actor.system("tests"), client_id=name, name=f"Logiciel {name}", structure_id=structure.id, doors=doors,
        mllp=(application, facility, port), **fields,
    )  # fmt: skip
    return client


def movement(number: str, at: str, action: str = "INSERT", *, origin: str = "", historic: str = "N", unit: str = "6268",
             label: str = "Chir V", nature: str = "HMS") -> str:  # fmt: skip
    uf = f"{label}^^^^^CHU-X&{DOMAIN}&ISO^UF^^^{unit}"
    return f"ZBE|{number}^CHU-X^{DOMAIN}^ISO|{at}||{action}|{historic}|{origin}|{uf}|{uf}|{nature}"


def adt(event: str = "A01", *, control: str = "", ipp: str = "000003", visit: str = "V-1", zbe: str | None = None,
        sent: str = "20260304120000", application: str = "GAM", facility: str = "CHU-X", extra: tuple[str, ...] = (),
        status: str = "PROV", ins: str = "", name: str = "PAT-TROIS^DOMINIQUE", bed: str = "CHIR^101^1", patient_class: str = "I",
        born: str = "19790328", expected_exit: str = "", processing: str = "P") -> bytes:  # fmt: skip
    """Movements have a ZBE of their own unless one is given; `zbe=""` for none."""
    rank = next(_numbers)
    control = control or f"MSG{rank:06d}"
    if zbe is None and event not in PERSON_ONLY:
        zbe = movement(f"M{rank}", sent)
    identifiers = f"{ipp}^^^CHU-X&{DOMAIN}&ISO^PI"
    if ins:
        identifiers += f"~{ins}^^^ASIP-SANTE-INS-NIR&{INS_TEST}&ISO^INS"
    pv2 = f"PV2|||||||||{expected_exit}" if expected_exit else ""
    rows = [
        f"MSH|^~\\&|{application}|{facility}|MAISON|GRADES|{sent}||ADT^{event}^ADT_{event}|{control}|{processing}|2.5|||||FRA|UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{sent}||||{sent}",
        f"PID|1||{identifiers}||{name}^^^^^L||{born}|F|||1 rue Fictive^^TOULOUSE^^31000^FRA^H|||||||{'' if event in PERSON_ONLY else f'{visit}^^^CHU-X&{DOMAIN}&ISO^AN'}||||||||||||||{status}",
        *extra,
    ]
    if event not in PERSON_ONLY:
        rows.append(f"PV1|1|{patient_class}|{bed}^CHU-X||||||||||||||||{visit}^^^CHU-X&{DOMAIN}&ISO^VN")
        if pv2:
            rows.append(pv2)
    if zbe:
        rows.append(zbe)
    return ("\r".join(rows) + "\r").encode()


def merge(*, kept: str, gone: str, control: str = "", sent: str = "20260304120000") -> bytes:
    return adt("A40", ipp=kept, control=control, sent=sent, extra=(f"MRG|{gone}^^^CHU-X&{DOMAIN}&ISO^PI",))


def link(*, one: str, other: str, event: str = "A24", control: str = "", sent: str = "20260304120000") -> bytes:
    second = adt("A28", ipp=other, name="ESSAI^ALIX").decode().split("\r")[2]
    return adt(event, ipp=one, control=control, sent=sent, extra=(second,))


def file_move(
    *, kept: str, gone: str, file: str, becomes: str = "", control: str = "", sent: str = "20260304120000"
) -> bytes:
    domain = f"^^^CHU-X&{DOMAIN}&ISO"
    return adt("A44", ipp=kept, visit=becomes or file, zbe="", control=control, sent=sent,
               extra=(f"MRG|{gone}{domain}^PI||{file}{domain}^AN",))  # fmt: skip


class Line:
    """One MLLP connection of a hospital."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.socket: Any = socket.create_connection(("127.0.0.1", port), timeout=30)
        if context is not None:
            plain = self.socket
            try:
                self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
            except OSError:
                plain.close()
                raise
        self.buffer = b""

    def send(self, message: bytes) -> None:
        self.socket.sendall(b"\x0b" + message + b"\x1c\r")

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pour(self, data: bytes, times: int) -> None:
        """Whatever it is, until the house has had enough of it."""
        for _ in range(times):
            self.raw(data)
        self.answer()

    def answer(self) -> str:
        while b"\x1c\r" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the house closed the line")
            self.buffer += data
        frame, _, self.buffer = self.buffer.partition(b"\x1c\r")
        return frame.removeprefix(b"\x0b").decode()

    def ask(self, message: bytes) -> str:
        self.send(message)
        return self.answer()

    def close(self) -> None:
        self.socket.close()


def code(answer: str) -> str:
    """MSA-1."""
    return next(row.split("|")[1] for row in answer.split("\r") if row.startswith("MSA"))
