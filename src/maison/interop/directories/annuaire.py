"""Which column answers which search parameter of the Annuaire Santé server (SPECS §2.2, AsServerDPCapabilityStatement)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from maison.formats.fhir.wire import write
from maison.interop.fhir.parameters import Column
from maison.interop.fhir.registry import READING, Backing, Declared, Row
from maison.interop.fhir.sql import TRUE, Sql
from maison.registries.facilities import fhir as facilities
from maison.registries.professionals import fhir as professionals

ORGANIZATION = (
    "id", "kind", "finess", "name", "long_name", "category", "category_label", "legal_status", "siret", "siren", "phone",
    "line", "complement", "postal_code", "city", "city_code", "department", "opened_on", "closed_on", "parent_id",
)  # fmt: skip
PRACTITIONER = (
    "id", "idnat", "identifier", "title", "name", "first_name", "profession", "profession_label", "category", "skill",
    "skill_label", "closed_on",
)  # fmt: skip
ROLE = (
    "id", "professional_id", "genre", "mode", "role", "sector", "structure_name", "phone", "closed_on",
)  # fmt: skip
OPEN = "(r.closed_on IS NULL OR r.closed_on > current_date)"
STRUCTURE_BOXES = "ARRAY(SELECT m.address FROM professionals_mailbox m WHERE m.structure = r.finess AND m.closed_on IS NULL AND m.kind <> 'PER' ORDER BY 1)"  # fmt: skip
PERSON_BOXES = "ARRAY(SELECT m.address FROM professionals_mailbox m WHERE m.idnat = r.idnat AND m.closed_on IS NULL ORDER BY 1)"  # fmt: skip
FACILITY = "(SELECT f.id FROM facilities_facility f WHERE f.kind = 'EG' AND f.finess = r.finess AND r.finess <> '')"
MAILBOX = "EXISTS (SELECT 1 FROM professionals_mailbox m WHERE m.{owner} AND m.closed_on IS NULL AND lower(m.address) = lower(%s))"  # fmt: skip


class MailboxParameter(Column):
    """`mailbox-mss`: an exact address, through the table of mailboxes."""

    def where(self, modifier: str, value: str) -> Sql:
        return Sql(MAILBOX.format(owner=self.high), (value,))

    def present(self) -> Sql:
        return Sql(f"EXISTS (SELECT 1 FROM professionals_mailbox m WHERE m.{self.high} AND m.closed_on IS NULL)")  # noqa: S608 - said by the declaration


def token(name: str, *columns: tuple[str, str]) -> Column:
    return Column(name=name, kind="token", columns=columns)


def text(name: str, *columns: str) -> Column:
    return Column(name=name, kind="string", columns=tuple(("", column) for column in columns))


def reference(name: str, kind: str, column: str) -> Column:
    return Column(name=name, kind="reference", targets=(kind,), columns=((kind, column),))


def named(*found: Column) -> dict[str, Column]:
    return {one.name: one for one in found}


def bodies(columns: Sequence[str], mapping: Callable[[dict[str, Any]], dict[str, Any]], *more: str) -> Callable[[Row], bytes]:  # fmt: skip
    names = (*columns, *more)
    return lambda row: write(mapping(dict(zip(names, row, strict=True))))


def selected(columns: Sequence[str], *more: str) -> str:
    return ", ".join([*(f"r.{name}" for name in columns), *more])


def everyone(caller: object) -> Sql:
    return TRUE


def declarations() -> list[Declared]:
    organization = Backing(
        source="facilities_facility r", pk="r.id", id="r.id", columns=selected(ORGANIZATION, STRUCTURE_BOXES, OPEN),
        where=Sql("r.state <> 'candidat'"), visible=everyone, body=bodies(ORGANIZATION, facilities.to_fhir, "mailboxes", "is_open"),
    )  # fmt: skip
    practitioner = Backing(
        source="professionals_professional r", pk="r.id", id="r.id", columns=selected(PRACTITIONER, PERSON_BOXES),
        visible=everyone, body=bodies(PRACTITIONER, professionals.practitioner, "mailboxes"),
    )  # fmt: skip
    role = Backing(
        source="professionals_activity r", pk="r.id", id="r.id", columns=selected(ROLE, FACILITY, OPEN), visible=everyone,
        body=bodies(ROLE, professionals.role, "facility_id", "is_open"),
    )  # fmt: skip
    return [
        Declared(
            type="Organization", label="Structures (Annuaire Santé)", backing=organization, interactions=READING,
            health=False, profiles=(facilities.PROFILE,),
            parameters=named(
                token("identifier", (facilities.FINESS, "r.finess"), (facilities.IDNAT_STRUCT, "'1' || r.finess"),
                      (facilities.SIRENE, "nullif(r.siret, '')")),
                token("active", ("", OPEN)), token("type", (facilities.CATEGORY, "r.category"), (facilities.KINDS, "CASE r.kind WHEN 'EJ' THEN 'LEGAL-ENTITY' ELSE 'GEOGRAPHICAL-ENTITY' END")),
                text("name", "r.name", "r.long_name"), text("address", "r.line", "r.city", "r.postal_code"),
                text("address-city", "r.city"), text("address-postalcode", "r.postal_code"), text("address-line", "r.line"),
                token("insee-code", (facilities.COMMUNE, "r.city_code")), reference("partof", "Organization", "r.parent_id"),
                MailboxParameter(name="mailbox-mss", kind="string", high="structure = r.finess"),
            ),
        ),
        Declared(
            type="Practitioner", label="Professionnels (Annuaire Santé)", backing=practitioner, interactions=READING,
            health=False, profiles=(professionals.PRACTITIONER,),
            parameters=named(
                token("identifier", (professionals.IDNAT_PS, "r.idnat"), (professionals.RPPS, "CASE WHEN r.idnat LIKE '8%%' THEN substr(r.idnat, 2) END")),
                token("active", ("", "(r.closed_on IS NULL)")), text("name", "r.name", "r.first_name"), text("family", "r.name"),
                text("given", "r.first_name"),
                token("qualification-code", (professionals.PROFESSION, "r.profession"), (professionals.SKILL, "r.skill")),
                MailboxParameter(name="mailbox-mss", kind="string", high="idnat = r.idnat"),
            ),
        ),
        Declared(
            type="PractitionerRole", label="Situations d'exercice (Annuaire Santé)", backing=role, interactions=READING,
            health=False, profiles=(professionals.ROLE,),
            parameters=named(
                reference("practitioner", "Practitioner", "r.professional_id"), reference("organization", "Organization", FACILITY),
                token("role", (professionals.FUNCTION, "r.role"), (professionals.MODE, "r.mode"), (professionals.GENRE, "r.genre")),
                token("active", ("", OPEN)),
            ),
        ),
    ]  # fmt: skip
