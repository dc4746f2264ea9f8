"""Fictional people that several hospitals know, each under its own number: what the identity registry has to bring together.

They are those of the sandbox's national register (test INS), told by the hospitals' software with the slips of real life: a letter,
a married name, day and month exchanged, a birth place missing. Twins and two homonyms are among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maison_region.facilities import PURPAN, RANGUEIL, EmergencySite

TEST_INS_OID = "1.2.250.1.213.1.4.10"


@dataclass(frozen=True, slots=True)
class Told:
    """One identity as one hospital says it. `status` PROV or VALI; `ins` only with VALI."""

    site: EmergencySite
    ipp: str
    family: str
    given: str
    givens: str
    born: str
    sex: str
    place: str
    used: str = ""
    status: str = "PROV"
    ins: str = ""


TOLD = (
    Told(RANGUEIL, "R-700001", "TILLEUL", "JEANNE", "JEANNE MARIE LOUISE", "19420209", "F", "12202", "ARROSOIR", "VALI"),
    Told(PURPAN, "P-810001", "TILLEULS", "JEANNE", "JEANNE", "19420209", "F", "", "ARROSOIR"),
    Told(RANGUEIL, "R-700002", "ABRICOT", "CLAUDE", "CLAUDE", "19580714", "M", "31555"),
    Told(PURPAN, "P-810002", "ABRICOT", "CLAUDE", "CLAUDE RENE", "19580714", "M", "31555", status="VALI"),
    Told(RANGUEIL, "R-700003", "MESANGE", "LEON", "LEON PAUL", "20190402", "M", "34172"),
    Told(RANGUEIL, "R-700004", "MESANGE", "LOUIS", "LOUIS PAUL", "20190402", "M", "34172"),
    Told(PURPAN, "P-810003", "GENETTE", "ANNE-LISE", "ANNE-LISE ZOE", "19940921", "F", "66136", status="VALI"),
    Told(RANGUEIL, "R-700005", "GENETTE", "ANNE LISE", "ANNE LISE", "19940921", "F", "66136", "FICELLE"),
    Told(RANGUEIL, "R-700006", "FIGUIER", "YOUSSEF", "YOUSSEF", "19710501", "M", "99350"),
    Told(PURPAN, "P-810004", "FIGUIER", "YOUSSEF", "YOUSSEF", "19710105", "M", "99350"),
    Told(PURPAN, "P-810005", "LUCIOLE", "NADIA", "NADIA", "19650517", "F", "99352"),
    Told(PURPAN, "P-810006", "LUCIOLLE", "NADIA", "NADIA", "19650517", "F", "99352"),
)  # fmt: skip


def messages_of(
    sites: Sequence[EmergencySite], now: datetime, application: str, root: str
) -> Iterator[tuple[datetime, bytes]]:
    """One A28 for each identity of these hospitals, in the hours before `now`."""
    for rank, told in enumerate(TOLD):
        if told.site in sites:
            at = now - timedelta(minutes=20 * (len(TOLD) - rank))
            yield at, _a28(told, at, application, root)


def _a28(told: Told, at: datetime, application: str, root: str) -> bytes:
    stamp = at.strftime("%Y%m%d%H%M%S")
    authority = f"{told.site.finess_eg}&{root}.{told.site.finess_eg.lstrip('0')}&ISO"
    ins = f"~{told.ins}^^^ASIP-SANTE-INS-NIR&{TEST_INS_OID}&ISO^INS" if told.ins else ""
    used = f"~{told.used}^{told.given}^^^^^D" if told.used else ""
    place = f"~^^^^^^BDL^^{told.place}" if told.place else ""
    rows = [
        f"MSH|^~\\&|{application}|{told.site.finess_eg}|MAISON|GRADES|{stamp}||ADT^A28^ADT_A05|ID{told.ipp}|P|2.5|||||FRA|UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{stamp}||||{stamp}",
        f"PID|1||{told.ipp}^^^{authority}^PI{ins}||{told.family}^{told.given}^{told.givens}^^^^L{used}||{told.born}|{told.sex}|||1 place du Capitole^^TOULOUSE^^31000^FRA^H{place}|||||||||||||||||||||{told.status}",
        "PV1|1|N",
    ]
    return ("\r".join(rows) + "\r").encode()
