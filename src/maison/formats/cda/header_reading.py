"""The header of a document, read with tolerance: what is absent is empty, what is not understood is left to `Walk.unread`."""

from __future__ import annotations

from lxml import etree

from maison.formats.cda import oids
from maison.formats.cda.model import (
    Address,
    Code,
    Encounter,
    Identifier,
    Name,
    Order,
    Organisation,
    Participation,
    Patient,
    Professional,
    RelatedDocument,
    RelatedPerson,
    Service,
    Telecom,
)
from maison.formats.cda.moment import Moment
from maison.formats.cda.xml import Walk, text_of


def code(walk: Walk, parent: etree._Element | None, name: str = "code") -> Code | None:
    element = walk.child(parent, name)
    return None if element is None else code_of(walk, element)


def code_of(walk: Walk, element: etree._Element) -> Code | None:
    """None when the element says nothing."""
    original = walk.child(element, "originalText")
    words = "" if original is None else text_of(original)
    if original is not None:
        walk.see(original)
    found = Code(
        code=element.get("code", ""),
        display=" ".join(element.get("displayName", "").split()),
        system=element.get("codeSystem", ""),
        system_name=element.get("codeSystemName", ""),
        original=words,
        null=element.get("nullFlavor", ""),
        translations=tuple(
            one for each in walk.children(element, "translation") if (one := code_of(walk, each)) is not None
        ),
    )
    return None if found == Code() else found


def ids(walk: Walk, parent: etree._Element | None, name: str = "id") -> tuple[Identifier, ...]:
    return tuple(
        Identifier(each.get("root", ""), each.get("extension", ""))
        for each in walk.children(parent, name)
        if each.get("root") or each.get("extension")
    )


def identifier(walk: Walk, parent: etree._Element | None, name: str) -> Identifier | None:
    return next(iter(ids(walk, parent, name)), None)


def moment(walk: Walk, parent: etree._Element | None, name: str) -> Moment | None:
    raw = walk.attribute(parent, name, "value")
    return Moment(raw) if raw else None


def interval(walk: Walk, parent: etree._Element | None, name: str) -> tuple[Moment | None, Moment | None]:
    """Start and end; a single value is a start."""
    element = walk.child(parent, name)
    if element is None:
        return None, None
    start, end = moment(walk, element, "low"), moment(walk, element, "high")
    if start is None and end is None and element.get("value"):
        start = Moment(element.get("value", ""))
    return start, end


def address(walk: Walk, parent: etree._Element | None) -> Address | None:
    element = walk.child(parent, "addr")
    if element is None:
        return None
    loose = " ".join((element.text or "").split())
    lines = tuple(text_of(each) for each in walk.children(element, "streetAddressLine"))
    found = Address(
        number=walk.text(element, "houseNumber"),
        street=walk.text(element, "streetName"),
        unit=walk.text(element, "unitID"),
        lines=tuple(line for line in (loose, *lines) if line),
        postal_code=walk.text(element, "postalCode"),
        city=walk.text(element, "city"),
        county=walk.text(element, "county"),
        state=walk.text(element, "state"),
        country=walk.text(element, "country"),
        use=element.get("use", ""),
    )
    return None if found == Address(use=found.use) else found


def telecoms(walk: Walk, parent: etree._Element | None) -> tuple[Telecom, ...]:
    return tuple(
        Telecom(each.get("value", ""), each.get("use", ""))
        for each in walk.children(parent, "telecom")
        if each.get("value")
    )


def name(walk: Walk, parent: etree._Element | None) -> Name | None:
    element = walk.child(parent, "name")
    if element is None:
        return None
    loose = " ".join((element.text or "").split())
    givens = " ".join(text_of(each) for each in walk.children(element, "given"))
    found = Name(
        family=walk.text(element, "family") or loose,
        given=givens,
        prefix=walk.text(element, "prefix"),
        suffix=walk.text(element, "suffix"),
    )
    return None if found == Name() else found


def organisation(walk: Walk, parent: etree._Element | None, element_name: str) -> Organisation | None:
    element = walk.child(parent, element_name)
    if element is None:
        return None
    found = Organisation(
        ids=ids(walk, element),
        name=walk.text(element, "name"),
        telecoms=telecoms(walk, element),
        address=address(walk, element),
        practice_setting=code(walk, element, "standardIndustryClassCode"),
    )
    return None if found == Organisation() else found


def professional(walk: Walk, element: etree._Element, person: str, organisation_name: str) -> Professional:
    """`person` and `organisation_name` are the names CDA gives these two in this role."""
    device = walk.child(element, "assignedAuthoringDevice")
    machine = " ".join(
        part for part in (walk.text(device, "softwareName"), walk.text(device, "manufacturerModelName")) if part
    )
    return Professional(
        ids=ids(walk, element),
        name=name(walk, walk.child(element, person)),
        specialty=code(walk, element),
        address=address(walk, element),
        telecoms=telecoms(walk, element),
        organisation=organisation(walk, element, organisation_name),
        device=machine,
    )


def participation(walk: Walk, element: etree._Element, role: str, person: str, organisation_name: str) -> Participation:
    walk.child(element, "signatureCode")
    at, until = interval(walk, element, "time")
    inside = walk.child(element, role)
    who = Professional() if inside is None else professional(walk, inside, person, organisation_name)
    return Participation(who=who, at=at, until=until, function=code(walk, element, "functionCode"))


def patient(walk: Walk, root: etree._Element) -> Patient:
    role = walk.down(root, "recordTarget", "patientRole")
    person = walk.child(role, "patient")
    names = walk.child(person, "name")
    families, givens = walk.children(names, "family"), walk.children(names, "given")
    birth = walk.down(person, "birthplace", "place")
    birth_address = walk.child(birth, "addr")
    all_ids = ids(walk, role)
    ins = next((one for one in all_ids if one.root in oids.ALL_INS), None)
    found_birth = _qualified(families, "BR") or _qualified(families, "SP") or _qualified(families, "")
    return Patient(
        birth_family=found_birth,
        birth_givens=_qualified(givens, ""),
        first_given=_qualified(givens, "BR"),
        used_family=_qualified(families, "CL"),
        used_given=_qualified(givens, "CL"),
        gender=walk.attribute(person, "administrativeGenderCode", "code"),
        born=moment(walk, person, "birthTime"),
        birth_place=walk.text(birth_address, "county"),
        birth_place_name=walk.text(birth_address, "city") or walk.text(birth, "name"),
        ins=ins.extension if ins else "",
        ins_oid=ins.root if ins else "",
        ids=tuple(one for one in all_ids if one is not ins),
        address=address(walk, role),
        telecoms=telecoms(walk, role),
        guardians=tuple(_guardian(walk, each) for each in walk.children(person, "guardian")),
    )


def _qualified(elements: list[etree._Element], qualifier: str) -> str:
    texts = (text_of(each) for each in elements if each.get("qualifier", "") == qualifier)
    return " ".join(text for text in texts if text)


def _guardian(walk: Walk, element: etree._Element) -> RelatedPerson:
    return RelatedPerson(
        kind="GUARD",
        name=name(walk, walk.child(element, "guardianPerson")) or Name(),
        relation=code(walk, element),
        address=address(walk, element),
        telecoms=telecoms(walk, element),
    )


def informants(walk: Walk, root: etree._Element) -> tuple[RelatedPerson, ...]:
    """Those who are related to the patient. A professional informant is left unread, hence kept."""
    out: list[RelatedPerson] = []
    for element in root.findall(f"{{{etree.QName(root).namespace}}}informant"):
        related = element.find(f"{{{etree.QName(root).namespace}}}relatedEntity")
        if related is None:
            continue
        walk.see_one(element)
        walk.see_one(related)
        out.append(
            RelatedPerson(
                kind=related.get("classCode", ""),
                name=name(walk, walk.child(related, "relatedPerson")) or Name(),
                relation=code(walk, related),
                address=address(walk, related),
                telecoms=telecoms(walk, related),
            )
        )
    return tuple(out)


def participants(walk: Walk, root: etree._Element) -> tuple[Participation, ...]:
    out: list[Participation] = []
    for element in walk.children(root, "participant"):
        found = participation(walk, element, "associatedEntity", "associatedPerson", "scopingOrganization")
        out.append(Participation(found.who, found.at, found.until, found.function, element.get("typeCode", "")))
    return tuple(out)


def recipients(walk: Walk, root: etree._Element) -> tuple[Professional, ...]:
    return tuple(
        professional(walk, intended, "informationRecipient", "receivedOrganization")
        for element in walk.children(root, "informationRecipient")
        if (intended := walk.child(element, "intendedRecipient")) is not None
    )


def services(walk: Walk, root: etree._Element) -> tuple[Service, ...]:
    out: list[Service] = []
    for element in walk.children(root, "documentationOf"):
        event = walk.child(element, "serviceEvent")
        start, end = interval(walk, event, "effectiveTime")
        performers = tuple(
            participation(walk, each, "assignedEntity", "assignedPerson", "representedOrganization")
            for each in walk.children(event, "performer")
        )
        out.append(Service(code(walk, event), ids(walk, event), start, end, performers))
    return tuple(out)


def related(walk: Walk, root: etree._Element) -> tuple[RelatedDocument, ...]:
    out: list[RelatedDocument] = []
    for element in walk.children(root, "relatedDocument"):
        parent = walk.child(element, "parentDocument")
        one = identifier(walk, parent, "id") or Identifier("")
        version = walk.attribute(parent, "versionNumber", "value")
        out.append(
            RelatedDocument(element.get("typeCode", ""), one, identifier(walk, parent, "setId"), number(version))
        )
    return tuple(out)


def orders(walk: Walk, root: etree._Element) -> tuple[Order, ...]:
    return tuple(
        Order(ids(walk, order), code(walk, order))
        for element in walk.children(root, "inFulfillmentOf")
        if (order := walk.child(element, "order")) is not None
    )


def encounter(walk: Walk, root: etree._Element) -> Encounter | None:
    element = walk.down(root, "componentOf", "encompassingEncounter")
    if element is None:
        return None
    start, end = interval(walk, element, "effectiveTime")
    responsible = walk.down(element, "responsibleParty", "assignedEntity")
    facility = walk.down(element, "location", "healthCareFacility")
    place = walk.child(facility, "location")
    found = Organisation(ids=ids(walk, facility), name=walk.text(place, "name"), address=address(walk, place))
    return Encounter(
        ids=ids(walk, element),
        code=code(walk, element),
        start=start,
        end=end,
        responsible=None
        if responsible is None
        else professional(walk, responsible, "assignedPerson", "representedOrganization"),
        facility_type=code(walk, facility),
        facility=None if found == Organisation() else found,
    )


def number(text: str) -> int | None:
    """A version number, or None: a positive integer of nine digits at most."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
