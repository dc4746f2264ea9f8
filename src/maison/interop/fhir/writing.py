"""create, update, patch and delete in the generic store, conditional or not. Callers hold the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from maison.formats.fhir.faults import issue, outcome
from maison.formats.fhir.patching import PatchConflict, UnreadablePatch, fhirpath_patch, json_patch
from maison.formats.fhir.profiles.base import IDENTIFIER
from maison.formats.fhir.search_values import REFERENCE
from maison.formats.fhir.wire import write
from maison.foundations.events import publish
from maison.foundations.ids import uuid7

from . import store
from .callers import Caller
from .calls import Answer
from .conformity import must_conform
from .errors import (
    Gone,
    IdConflict,
    NoLink,
    NoSuchResource,
    NotServed,
    NotYours,
    PatchRefused,
    SeveralMatches,
    Unreadable,
    VersionConflict,
)
from .events import ResourceChanged
from .indexing import Entries, entries, values_at
from .reading import etag, http_date, version_of
from .registry import Declared
from .searching import matching_ids, must_be_text
from .steps import Keep, Steps, alone, keep
from .tracing import Trace

LOCK = 7_310_060


@dataclass(frozen=True, slots=True)
class Written:
    """What an interaction did. `created` False and `version` unchanged: nothing had to be done."""

    type: str
    id: str
    version: int
    body: str
    at: Any
    patient: str
    created: bool
    code: str

    def trace(self) -> Trace:
        return Trace(self.code, self.type, self.id, self.patient, details={"version": self.version})


def draft(declared: Declared, caller: Caller, resource: dict[str, Any], *, place: str = "", base: str = "", identifier: str = "") -> store.Draft:  # fmt: skip
    """Checked and indexed, ready for the store. Raises NotConform, NoLink."""
    if caller.structure_id is None:
        raise NoLink("L'appelant n'a pas de structure au nom de laquelle écrire.")
    if not caller.changes(declared.type, caller.structure_id):
        raise NotYours
    if resource.get("resourceType") != declared.type:
        raise IdConflict(f"Une ressource {declared.type} est attendue.")
    must_conform(declared, resource, place=place)
    return store.Draft(
        declared.type, resource, entries(resource, declared.stored, base), caller.structure_id,
        patient_of(declared, resource, identifier), caller.actor.subject, identifier,
    )  # fmt: skip


def patient_of(declared: Declared, resource: dict[str, Any], identifier: str) -> str:
    """The id of the patient concerned, as `Patient/<id>` or another reference says it; empty when there is none."""
    if declared.type == "Patient":
        return identifier[:64]
    parameter = next((one for one in declared.stored if one.name in {"patient", "subject"}), None)
    for path in parameter.paths if parameter else ():
        for value in values_at(resource, path):
            reference = value.get("reference") if isinstance(value, dict) else None
            if isinstance(reference, str) and (found := REFERENCE.fullmatch(reference)) and found["type"] == "Patient":
                return found["id"]
    return ""


def create(declared: Declared, caller: Caller, resource: dict[str, Any], criterion: Sequence[tuple[str, str]] | None, base: str) -> Written:  # fmt: skip
    """`criterion` is If-None-Exist: one match and nothing is created."""
    caller.need(declared.type, "c")
    must_be_stored(declared, "create")
    if criterion is not None and (found := designated(declared, caller, criterion)):
        row = _seen(declared, caller, found)
        return _unchanged(declared, found, row)
    return alone(creating(declared, caller, resource, base))


def creating(declared: Declared, caller: Caller, resource: dict[str, Any], base: str) -> Steps[Written]:
    """A creation without condition: the id is ours, nothing can be in its way."""
    caller.need(declared.type, "c")
    must_be_stored(declared, "create")
    made = draft(declared, caller, resource, base=base, identifier=str(uuid7()))
    yield Keep(made)
    return created(made)


def created(made: store.Draft) -> Written:
    return Written(made.type, made.id, 1, made.body, made.at, made.patient, True, "fhir.create")


def _unchanged(declared: Declared, identifier: str, row: store.Current) -> Written:
    return Written(declared.type, identifier, row.version, row.body, row.updated_at, row.patient, False, "fhir.read")


def update(declared: Declared, caller: Caller, identifier: str, resource: dict[str, Any], if_match: str | None, base: str, *, place: str = "", method: str = "PUT", only_new: bool = False) -> Written:  # fmt: skip
    """A new version; an id that nobody has is taken (update as create). `if_match` None: no version is demanded.

    `only_new` (If-None-Match: *): nothing that stands is changed; a deleted resource may come back.
    """
    caller.need(declared.type, "u")
    must_be_stored(declared, "update")
    if not IDENTIFIER.fullmatch(identifier):
        raise IdConflict("L'identifiant compte 1 à 64 lettres, chiffres, points ou tirets.")
    if resource.get("id", identifier) != identifier:
        raise IdConflict
    row = store.current(declared.type, identifier, lock=True)
    if row is None:
        if if_match is not None:
            raise VersionConflict("La ressource n'existe pas.")
        caller.need(declared.type, "c")
        made = draft(declared, caller, resource, place=place, base=base, identifier=identifier)
        keep([made], ids_given=True)
        return created(made)
    _mine(declared, caller, row)
    if only_new and not row.deleted:
        raise VersionConflict("La ressource existe déjà (If-None-Match: *).")
    _same_version(row, if_match)
    made = draft(declared, caller, {**resource, "id": identifier}, place=place, base=base, identifier=identifier)
    store.replace(row, made, method=method)
    publish(ResourceChanged(declared.type, row.pk, row.version + 1, row.structure_id))
    code = "fhir.patch" if method == "PATCH" else "fhir.update"
    return Written(declared.type, identifier, row.version + 1, made.body, made.at, made.patient, row.deleted, code)


def update_where(declared: Declared, caller: Caller, criterion: Sequence[tuple[str, str]], resource: dict[str, Any], if_match: str | None, base: str, *, only_new: bool = False) -> Written:  # fmt: skip
    found = designated(declared, caller, criterion)
    if found is None and "id" not in resource:
        return create(declared, caller, resource, None, base)
    return update(declared, caller, found or str(resource["id"]), resource, if_match, base, only_new=only_new)


def patch(
    declared: Declared, caller: Caller, identifier: str, document: Any, if_match: str | None, base: str
) -> Written:
    """`document`: a list is a JSON Patch, a Parameters resource a FHIRPath Patch. The result is checked like an update."""
    caller.need(declared.type, "u")
    must_be_stored(declared, "patch")
    row = store.current(declared.type, identifier, lock=True)
    if row is None or not store.sees(caller, row.structure_id):
        raise NoSuchResource(type=declared.type)
    if row.deleted:
        raise Gone(type=declared.type)
    _mine(declared, caller, row)
    _same_version(row, if_match)
    try:
        resource = row.resource()
        changed = json_patch(resource, document) if isinstance(document, list) else fhirpath_patch(resource, document)
    except UnreadablePatch as error:
        raise Unreadable(str(error)) from error
    except PatchConflict as error:
        raise PatchRefused(str(error)) from error
    if changed.get("id") != identifier or changed.get("resourceType") != declared.type:
        raise PatchRefused("Un patch ne change ni le type ni l'identifiant.")
    return update(declared, caller, identifier, changed, None, base, method="PATCH")


def patch_where(declared: Declared, caller: Caller, criterion: Sequence[tuple[str, str]], document: Any, if_match: str | None, base: str) -> Written:  # fmt: skip
    found = designated(declared, caller, criterion)
    if found is None:
        raise NoSuchResource("Aucune ressource ne répond au critère.", type=declared.type)
    return patch(declared, caller, found, document, if_match, base)


def delete(declared: Declared, caller: Caller, identifier: str, if_match: str | None) -> Written:
    """A version that says the end: nothing is erased (X-05). Deleting twice changes nothing."""
    caller.need(declared.type, "d")
    must_be_stored(declared, "delete")
    row = store.current(declared.type, identifier, lock=True)
    if row is None or not store.sees(caller, row.structure_id):
        raise NoSuchResource(type=declared.type)
    _mine(declared, caller, row)
    if row.deleted:
        return Written(declared.type, identifier, row.version, "", row.updated_at, row.patient, False, "fhir.delete")
    _same_version(row, if_match)
    end = store.Draft(declared.type, {}, Entries(), row.structure_id, row.patient, caller.actor.subject, identifier)
    store.replace(row, end, deleted=True, method="DELETE")
    publish(ResourceChanged(declared.type, row.pk, row.version + 1, row.structure_id))
    return Written(declared.type, identifier, row.version + 1, "", end.at, row.patient, False, "fhir.delete")


def delete_where(
    declared: Declared, caller: Caller, criterion: Sequence[tuple[str, str]], if_match: str | None
) -> Written | None:
    found = designated(declared, caller, criterion)
    return delete(declared, caller, found, if_match) if found else None


def designated(declared: Declared, caller: Caller, criterion: Sequence[tuple[str, str]]) -> str | None:
    """The one id a criterion designates. Two calls with the same criterion wait for one another."""
    must_be_text(criterion)
    words = "&".join(sorted(f"{name}={value}" for name, value in criterion))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{declared.type}?{words}"])
    found = matching_ids(declared, caller, criterion)
    if len(found) > 1:
        raise SeveralMatches(type=declared.type)
    return found[0] if found else None


def _seen(declared: Declared, caller: Caller, identifier: str) -> store.Current:
    row = store.current(declared.type, identifier)
    if row is None or not store.sees(caller, row.structure_id):
        raise NoSuchResource(type=declared.type)
    return row


def _mine(declared: Declared, caller: Caller, row: store.Current) -> None:
    """Whoever sees is not whoever writes: only the structure that holds the resource, or the agency, changes it."""
    if not caller.changes(declared.type, row.structure_id):
        raise NotYours


def _same_version(row: store.Current, if_match: str | None) -> None:
    if if_match is not None and if_match.strip() != "*" and version_of(if_match) != str(row.version):
        raise VersionConflict(f"Version actuelle : {row.version}.")


def must_be_stored(declared: Declared, interaction: str) -> None:
    if interaction not in declared.interactions or not declared.is_stored:
        raise NotServed(type=declared.type)


def answer(written: Written, base: str, prefer: str) -> Answer:
    """`Prefer: return=minimal`, `representation` (the default) or `OperationOutcome`."""
    status = 201 if written.created else 200
    address = f"{base}/{written.type}/{written.id}/_history/{written.version}"
    headers = {"ETag": etag(written.version), "Last-Modified": http_date(written.at), "Location": address}
    if "return=minimal" in prefer:
        return Answer(status, b"", headers)
    if "return=operationoutcome" in prefer.lower():
        text = "Ressource créée." if written.created else "Ressource enregistrée."
        return Answer(status, write(outcome([issue("information", "informational", text)])), headers)
    return Answer(status, written.body.encode(), headers)
