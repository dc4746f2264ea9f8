from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations.access import requires
from maison.interop.channels import flow
from maison.interop.channels.actions import certificates
from maison.interop.channels.errors import CertificateUnreadable, NotItsCertificate
from maison.interop.channels.forms import CertificateForm
from maison.interop.channels.permissions import P
from maison.interop.exchanges.models import Client
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

COLUMNS = [Column("Qui"), Column("Sens"), Column("Par"), Column("24 h", numeric=True), Column("Fautes", numeric=True), Column("Attente", numeric=True),
           Column("Délai (médiane · 95 %)"), Column("Dernier message"), Column("État")]  # fmt: skip
CERTIFICATE_COLUMNS = [Column("De qui"), Column("Sujet"), Column("Expire"), Column("État")]
DRAWN = 9
ROW, WIDTH, BOX = 46, 960, 300
# The drawing already says the largest flows: a page that holds both must stay light.
LINES, ENDINGS = 10, 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """One flow on the drawing: where it stands and how thick it is."""

    link: flow.Link
    top: int
    middle: int
    thickness: float
    centre: int

    @property
    def name(self) -> str:
        return self.link.who if len(self.link.who) <= 34 else f"{self.link.who[:33]}…"

    @property
    def curve(self) -> str:
        """From the box of the partner to the house in the middle."""
        edge, house = (BOX, WIDTH // 2 - 75) if self.link.direction == "in" else (WIDTH - BOX, WIDTH // 2 + 75)
        half = (edge + house) // 2
        return f"M{edge} {self.middle} C{half} {self.middle} {half} {self.centre} {house} {self.centre}"


def merged(links: list[flow.Link]) -> list[flow.Link]:
    """One for each partner and direction: messages added up, the worst of its states; the order is kept."""
    found: dict[tuple[str, str, str], flow.Link] = {}
    for link in links:
        key = (link.who, link.direction, link.url)
        known = found.get(key)
        if known is not None:
            worst = min(known, link, key=lambda one: flow.RANKS[one.kind])
            link = replace(worst, messages=known.messages + link.messages)
        found[key] = link
    return sorted(found.values(), key=lambda link: (flow.RANKS[link.kind], -link.messages, link.who))


def drawing(links: list[flow.Link]) -> dict[str, Any]:
    """The busiest partners of each side, once each whatever the doors they use; the table says every flow."""
    together = merged(links)
    sides = {side: [link for link in together if link.direction == side][:DRAWN] for side in ("in", "out")}
    rows = max(len(sides["in"]), len(sides["out"]), 3)
    height = rows * ROW + 20
    most = max([link.messages for link in together], default=1) or 1
    placed = {}
    for side, found in sides.items():
        start = 10 + (rows - len(found)) * ROW // 2
        placed[side] = [
            Drawn(
                link,
                start + rank * ROW,
                start + rank * ROW + 18,
                round(1.5 + 7 * (link.messages / most) ** 0.5, 1),
                height // 2,
            )
            for rank, link in enumerate(found)
        ]
    return {
        "ins": placed["in"],
        "outs": placed["out"],
        "height": height,
        "centre": height // 2,
        "house_top": height // 2 - 40,
    }


def _context(request: Any, form: CertificateForm | None = None) -> dict[str, Any]:
    found = flow.flow_map(request.actor)
    endings = flow.certificates(request.actor)
    clients = [(str(one.client_id), one.who) for one in endings if one.client_id]
    return {
        "map": found, "drawing": drawing(found.links), "page": page_of(request, found.links, per_page=LINES), "columns": COLUMNS, "endings": endings[:ENDINGS],
        "certificate_columns": CERTIFICATE_COLUMNS, "form": form or CertificateForm(clients=clients), "may_declare": bool(clients) and request.actor.can(P.EDIT),
    }  # fmt: skip


@require_safe
@requires(P.VIEW)
def flow_map(request: Any) -> HttpResponse:
    return page(request, "channels/flow.html", _context(request), part="map")


@require_safe
@requires(P.VIEW)
def export(request: Any) -> HttpResponse:
    links = flow.flow_map(request.actor).links
    return csv_response(
        "flux.csv", ["Qui", "Sens", "Par", "Messages en 24 h", "Fautes", "En attente", "Médiane (s)", "95 % (s)", "Dernier message", "État"],
        ([one.who, "vers la maison" if one.direction == "in" else "depuis la maison", one.by, one.messages, one.faults, one.waiting, one.p50, one.p95,
          moment(one.last_at) if one.last_at else "", one.word] for one in links),
    )  # fmt: skip


@require_POST
@requires(P.EDIT)
def declare_certificate(request: Any) -> HttpResponse:
    clients = [
        (str(one.id), one.name)
        for one in Client.objects.in_use().visible_to(request.actor).exclude(certificate_fingerprint="")
    ]
    form = CertificateForm(request.POST, clients=clients)
    if form.is_valid():
        try:
            certificates.declare(
                actor=request.actor, client_id=form.cleaned_data["logiciel"], pem=form.cleaned_data["pem"]
            )
        except (CertificateUnreadable, NotItsCertificate) as error:
            form.add_error("pem", error.text)
        else:
            return done(request, to="channels:flow", say="Certificat déclaré : sa fin est surveillée.")
    return page(request, "channels/flow.html", _context(request, form), status=422)
