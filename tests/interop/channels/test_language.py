"""Paths, conditions, text form and engine of channels: pure functions."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.interop.channels.language import conditions, dates, engine, formats, report, sensitivity, text
from maison.interop.channels.language.conditions import Condition, Group
from maison.interop.channels.language.configuration import Configuration, Item, Requirement, Route, checked
from maison.interop.channels.language.engine import Entry
from maison.interop.channels.language.errors import BadConfiguration, ConditionFault, NotWritable, PathFault, Unreadable
from maison.interop.channels.language.message import differences
from maison.interop.channels.language.shapes import STEPS
from tests.interop.channels.fictional import ADT, VOCABULARY, adt

NOW = datetime(2026, 11, 21, 22, 6, tzinfo=UTC)
SEX = {"sexe@1": {"M": Entry("male", "Masculin"), "F": Entry("female", "Féminin")}}

CDA = b"""<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="A"/>
<recordTarget><patientRole><id extension="700001" root="1.2.250.1.999.1"/><id extension="X" root="9.9"/></patientRole></recordTarget>
<component><structuredBody><component><section><code code="11450-4"/></section></component></structuredBody></component></ClinicalDocument>"""
FHIR = json.dumps(
    {"resourceType": "Patient", "id": "p1", "active": True, "identifier": [{"system": "urn:oid:1.2", "value": "7"}, {"system": "urn:x", "value": "8"}],
     "name": [{"family": "FICTIVE", "given": ["Alix", "Lou"]}, {"family": "ESSAI"}], "multipleBirthInteger": 2}
).encode()  # fmt: skip


def read(config: str = ADT) -> Configuration:
    return text.read(config, VOCABULARY)


def run(payload: bytes, config: Configuration | None = None, tables=SEX, **options):
    return engine.run(config or read(), payload, tables, NOW, test_world=True, **options)


# -- paths


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("MSH-1", ["|"]),
        ("MSH-2", ["^~\\&"]),
        ("MSH-3", ["GAM"]),
        ("MSH-9.2", ["A01"]),
        ("PID-3[1].4.2", ["1.2.250.1.999.1"]),
        ("PID-3[2].5", ["INS"]),
        ("PID-3[5=INS].1", ["180017512345642"]),
        ("PID-3[*].5", ["PI", "INS"]),
        ("PID-3.1", ["700001"]),
        ("OBX[*]-5", ["un|deux", "trois"]),
        ("OBX[2]-5", ["trois"]),
        ("OBX[3]-5", []),
        ("ZZZ-1", []),
        ("PID-99", []),
    ],
)
def test_hl7_paths_name_what_an_integrator_reads(path, values):
    message = formats.read("hl7v2", adt(extra="OBX|1|ST|X||un\\F\\deux\rOBX|2|ST|X||trois"))
    assert message.values(path) == values


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("name.family", ["FICTIVE", "ESSAI"]),
        ("name[1].family", ["ESSAI"]),
        ("name[0].given[1]", ["Lou"]),
        ("name[*].given", ["Alix", "Lou"]),
        ("identifier.where(system='urn:oid:1.2').value", ["7"]),
        ("identifier.where(system='absent').value", []),
        ("active", ["true"]),
        ("multipleBirthInteger", ["2"]),
        ("name[9].family", []),
    ],
)
def test_json_paths_read_like_fhirpath(path, values):
    assert formats.read("json", FHIR).values(path) == values


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/ClinicalDocument/id/@extension", ["A"]),
        ("/ClinicalDocument/recordTarget/patientRole/id[2]/@root", ["9.9"]),
        ("//id[@root='9.9']/@extension", ["X"]),
        ("//section/code/@code", ["11450-4"]),
        ("/Autre", []),
    ],
)
def test_xml_paths_are_a_part_of_xpath(path, values):
    assert formats.read("xml", CDA).values(path) == values


@pytest.mark.parametrize(
    ("format_", "path"),
    [("hl7v2", "pid-3"), ("hl7v2", "PID-0"), ("hl7v2", "PID-3[0]"), ("hl7v2", "PID.3"), ("json", "a..b"), ("json", "a[-1]"),
     ("json", ""), ("json", "where(a='b')"), ("xml", "a/b"), ("xml", "/a[last()]"), ("xml", "/a/@b/c"), ("xml", "/a[0]"), ("xml", "")],
)  # fmt: skip
def test_a_path_that_is_none_is_refused_with_an_example(format_, path):
    with pytest.raises(PathFault, match=r"chemin|crochets|commencent"):
        formats.check_path(format_, path)


@pytest.mark.parametrize(("format_", "payload"), [("hl7v2", adt()), ("json", FHIR), ("xml", CDA)])
def test_every_leaf_is_named_by_its_path_and_an_untouched_message_keeps_its_bytes(format_, payload):
    message = formats.read(format_, payload)
    for path, value in message.leaves():
        if path not in ("MSH-1",):
            assert value in message.values(path), path
    assert message.write() == payload


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.sampled_from(["PID-5.1", "PID-3[2].4.2", "PV1-44", "PID-3[3].5", "MSH-5"]))
def test_what_is_written_in_hl7_is_read_again_whatever_its_characters(value, path):
    message = formats.read("hl7v2", adt())
    message.assign(path, value)
    again = formats.read("hl7v2", message.write())
    assert again.values(path) == [value]
    others = {where for where, _, _ in differences(formats.read("hl7v2", adt()), again)}
    assert {where.split("-")[0] for where in others} <= {path.split("-")[0]}


@settings(max_examples=40, deadline=None)
@given(WORDS, st.sampled_from(["name[0].family", "id", "contact.nom", "identifier[2].value"]))
def test_what_is_written_in_json_is_read_again(value, path):
    message = formats.read("json", FHIR)
    message.assign(path, value)
    assert formats.read("json", message.write()).values(path) == [value]


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=120),
    st.sampled_from(["hl7v2", "json", "xml"]),
    st.sampled_from([b"", b"MSH|^~\\&|", b"{", b"<a>"]),
)
def test_whatever_comes_is_read_or_refused_without_quoting_it(noise, format_, start):
    refused = ""
    try:
        list(formats.read(format_, start + noise).leaves())
    except Unreadable as error:
        refused = str(error)
    assert refused == "" or refused.endswith(".")


@pytest.mark.parametrize(
    ("format_", "payload"),
    [
        ("json", b'{"a": 1, "a": 2}'),
        ("json", b'{"a": NaN}'),
        ("json", b"[" * 100_000),
        ("json", b"[1]"),
        ("json", b"\xff"),
        ("xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
        ("xml", b"<a><b></a>"),
        ("hl7v2", b"PID|1"),
        ("hl7v2", b"MSH|^~\\&|A\rne commence pas par un segment"),
        ("hl7v2", adt().replace(b"UNICODE UTF-8", b"KLINGON")),
        ("hl7v2", adt().replace(b"FICTIVE", b"FICTIV\xe9")),
    ],
)
def test_a_poisoned_message_is_refused_for_a_reason(format_, payload):
    with pytest.raises(Unreadable):
        formats.read(format_, payload)


def test_numbers_keep_their_digits_and_latin_text_its_encoding():
    message = formats.read("json", b'{"valeur":1.10,"b":1}')
    message.assign("b", "2")
    assert message.write() == b'{"valeur":1.10,"b":2}'
    latin = adt().replace(b"UNICODE UTF-8", b"8859/15").replace(b"FICTIVE", "FICTIVÉ€".encode("iso8859-15"))
    message = formats.read("hl7v2", latin)
    message.assign("PID-5.2", "Élodie")
    assert "FICTIVÉ€^Élodie".encode("iso8859-15") in message.write()
    message.assign("PID-5.2", "漢")
    with pytest.raises(NotWritable):
        message.write()


def test_an_hl7_message_with_other_delimiters_and_escapes_is_read_as_people_wrote_it_and_kept_to_the_byte():
    odd = (
        b"MSH#*!?+#GAM#CHU###20261121230600##ADT*A08#M1#P#2.5\rPID#1##700001*****PI!2#FICTIVE?T?ESSAI*Alix~1#a?H?b|c^d"
    )
    message = formats.read("hl7v2", odd)
    assert message.write() == odd
    assert message.values("PID-3[*].1") == ["700001", "2"]
    message.assign("PID-4.2", "Lou|&^~")
    again = formats.read("hl7v2", message.write())
    assert message.write().startswith(b"MSH|^~\\&|GAM|CHU|")
    assert again.values("PID-4.2") == ["Lou|&^~"]
    assert again.values("PID-4.1") == ["FICTIVE+ESSAI"]
    assert again.values("PID-5") == ["ab|c^d"]


@pytest.mark.parametrize("path", ["MSH-1", "MSH-2"])
def test_the_delimiters_of_a_message_are_never_changed(path):
    message = formats.read("hl7v2", adt())
    for act in (
        message.delete,
        lambda where: message.assign(where, "#"),
        lambda where: message.change(where, str.lower),
    ):
        with pytest.raises(NotWritable):
            act(path)


# -- conditions

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=10)
HL7_PATHS = st.sampled_from(["MSH-9.1", "PID-3[5=INS].1", "PV1-2", "OBX[*]-3.1"])
CONDITIONS = st.one_of(
    st.builds(lambda path, test: Condition(path, test), HL7_PATHS, st.sampled_from(["présent", "absent"])),
    st.builds(lambda path, test, value: Condition(path, test, (value,)), HL7_PATHS, st.sampled_from(["égal", "différent", "correspond"]), VALUES),
    st.builds(lambda path, values: Condition(path, "parmi", tuple(values)), HL7_PATHS, st.lists(VALUES, min_size=1, max_size=3)),
)  # fmt: skip
NODES = st.recursive(
    CONDITIONS,
    lambda inner: st.builds(lambda mode, items: Group(mode, tuple(items)), st.sampled_from(["toutes", "une", "aucune"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)  # fmt: skip


def depth(node) -> int:
    return 1 + max(depth(item) for item in node.items) if isinstance(node, Group) else 0


@settings(max_examples=80, deadline=None)
@given(NODES.filter(lambda node: depth(node) <= conditions.DEPTH))
def test_a_condition_is_read_as_it_was_written(node):
    assert conditions.read(conditions.write(node), "hl7v2") == node


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('MSH-9.1 égal "ADT"', True),
        ("MSH-9.1 egal ADT", True),
        ('MSH-9.1 différent "ADT"', False),
        ('PV1-2 parmi "O", "I"', True),
        ("PID-3[5=INS].1 présent", True),
        ("PID-3[5=AUTRE].1 absent", True),
        ('PID-5.1 correspond "FIC*"', True),
        ('PID-5.1 correspond "F?CTIVE"', True),
        ('PID-5.1 correspond "[A-Z]*"', False),
        ('PID-7 avant "1990-01-01"', True),
        ('EVN-2 après "maintenant - 2 h"', True),
        ('EVN-2 après "maintenant + 2 h"', False),
        ('une(MSH-9.1 égal "X"; MSH-9.2 égal "A01")', True),
        ('aucune(MSH-9.1 égal "X"; MSH-9.2 égal "A01")', False),
        ('toutes(MSH-9.1 égal "ADT"; une(PV1-2 égal "I"; PV1-2 égal "E"))', True),
        ("ZZZ-1 égal X", False),
    ],
)
def test_conditions_say_what_they_read_like(condition, holds):
    node = conditions.read(condition, "hl7v2")
    assert conditions.holds(node, formats.read("hl7v2", adt()), NOW) is holds


@pytest.mark.parametrize(
    "condition",
    ["MSH-9.1", "MSH-9.1 vaut 3", 'MSH-9.1 égal "a", "b"', "toutes(MSH-9.1 présent", "toutes()", "MSH-9.1 présent; PV1-2 présent",
     "PID-7 avant hier", "pid présent", "une(" * 7 + "PID-3 présent" + ")" * 7, 'MSH-9.1 égal'],
)  # fmt: skip
def test_a_condition_that_is_none_is_refused_in_french(condition):
    with pytest.raises(ConditionFault):
        conditions.read(condition, "hl7v2")


@pytest.mark.parametrize(
    ("source", "form", "written"),
    [("20261121230600+0100", "iso-moment", "2026-11-21T23:06:00+01:00"), ("20261121", "iso-moment", "2026-11-21"),
     ("2026-11-21", "hl7-jour", "20261121"), ("21/11/2026", "iso-jour", "2026-11-21"), ("2026-07-01T10:00:00Z", "hl7-moment", "20260701120000+0200"),
     ("2026-11-21T23:30:00-05:00", "francais", "22/11/2026")],
)  # fmt: skip
def test_dates_are_rewritten_without_changing_their_instant(source, form, written):
    moment = dates.read(source)
    assert moment is not None
    assert dates.write(moment, form, day_only=dates.is_a_day(source)) == written


# -- text form

CODES = st.from_regex(r"[a-z][a-z0-9-]{1,10}", fullmatch=True)
STEP_VALUES = {
    "path": st.sampled_from(["PV1-3.1", "PID-8", "PV1-44"]), "text": st.text(max_size=8), "table": st.just("sexe@1"),
    "pieces": st.lists(st.sampled_from(["PV1-3.1", '" - "']), min_size=1, max_size=3).map(tuple),
    "paths": st.lists(st.sampled_from(["PV1-3.1", "PV1-3.2"]), min_size=1, max_size=2).map(tuple),
}  # fmt: skip


@st.composite
def steps(draw):
    shape = STEPS[draw(st.sampled_from(sorted(STEPS)))]
    values = {}
    for field in shape.fields:
        strategy = st.sampled_from(sorted(field.choices)) if field.kind == "choice" else STEP_VALUES[field.kind]
        if field.required and field.kind == "text":
            strategy = strategy.filter(bool)
        values[field.name] = draw(strategy)
    return Item(shape.code, values, draw(st.none() | CONDITIONS))


CONFIGURATIONS = st.builds(
    lambda code, title, purpose, order, ins, rhythm, filter_, requirements, done, when: Configuration(
        code=code, title=title, purpose=purpose, order=order, ins=ins, rhythm_minutes=rhythm, filter=filter_, requirements=tuple(requirements),
        steps=tuple(done), source=Item("dossier", {"chemin": "a/b"}), routes=(Route("r", ("t",), when),),
        targets=(Item("dossier", {"chemin": "x", "abandon_heures": 12, "simultanes": 4}, None, "t-1"),),
    ).with_(routes=(Route("r", ("t-1",), when),)),
    CODES, st.text(min_size=1).filter(str.strip), st.text(max_size=30), st.sampled_from(["", "tout", "PID-3.1"]), st.sampled_from(["refuser", "retirer"]),
    st.integers(0, 1000), st.none() | NODES.filter(lambda node: depth(node) <= 5),
    st.lists(st.builds(Requirement, CONDITIONS, st.sampled_from(["ins-absent", "champ-manquant"]), st.text(max_size=10)), max_size=2),
    st.lists(steps(), max_size=4), st.none() | CONDITIONS,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(CONFIGURATIONS)
def test_the_text_form_and_the_model_say_the_same_both_ways(config):
    assert checked(config, VOCABULARY) == []
    written = text.write(config)
    assert text.read(written, VOCABULARY) == config
    assert text.write(text.read(written, VOCABULARY)) == written
    report.chapters(config, VOCABULARY, {})


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('titre = "Mouvements', 'titre = Mouvements', 2, "guillemets"),
        ('format = "hl7v2"', 'format = "hl7v3"', 4, "n'est pas admis"),
        ('rythme_minutes = 30', 'rythme_minutes = "30"', 8, "nombre entier"),
        ('rythme_minutes = 30', 'rythm = 30', 8, "Clé inconnue"),
        ('motif = "ins-absent"', 'motif = "autre"', 16, "Motif inconnu"),
        ('chemin = "PID-8"', 'chemin = "PID.8"', 20, "n'est pas un chemin HL7"),
        ('table = "sexe@1"', 'table = "sexe"', 21, "avec sa version"),
        ('forme = "hl7-jour"', 'forme = "lune"', 26, "n'est pas admis"),
        ('cibles = ["dpi", "copie"]', 'cibles = ["dpi", "perdue"]', 31, "n'existe pas"),
        ('type = "dater"', 'type = "executer"', 24, "Étape inconnue"),
        ("PV1-2 égal", "PV1-2 vaut", 30, "test"),
    ],
)  # fmt: skip
def test_a_fault_of_the_text_is_told_with_its_line_in_french(old, new, line, words):
    assert old in ADT
    with pytest.raises(BadConfiguration) as refused:
        read(ADT.replace(old, new, 1))
    assert any(fault.line == line and words in fault.message for fault in refused.value.faults), refused.value.faults


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(ADT) - 1), st.text(max_size=3))
def test_a_damaged_text_is_refused_or_read_and_never_breaks(at, noise):
    try:
        told: object = read(ADT[:at] + noise + ADT[at + 1 :])
    except BadConfiguration as error:
        told = error.faults
    assert told


# -- what may be changed


def step_fault(step: dict[str, object], kind: str, format_: str = "hl7v2") -> list[str]:
    shape = STEPS[kind]
    values = {field.name: step.get(field.name, field.empty) for field in shape.fields}
    config = read().with_(format=format_, steps=(Item(kind, values),), filter=None, requirements=(), order="", barrier="",
                          routes=(Route("r", ("dpi", "copie")),))  # fmt: skip
    return [fault.message for fault in checked(config, VOCABULARY)]


@pytest.mark.parametrize(
    ("format_", "path"),
    [("hl7v2", "OBX-5"), ("hl7v2", "DG1-3.1"), ("hl7v2", "PV2-3"), ("hl7v2", "NTE-3"), ("hl7v2", "ZXX-1"), ("json", "valueQuantity.value"),
     ("json", "code.coding.code"), ("json", "note[0].text"), ("json", "medicalNote"), ("xml", "//section/text"), ("xml", "/ClinicalDocument/component/x")],
)  # fmt: skip
def test_a_clinical_content_is_never_edited_but_by_a_table(format_, path):
    assert any("clinique" in words for words in step_fault({"chemin": path, "valeur": "x"}, "poser", format_))
    assert any("clinique" in words for words in step_fault({"chemin": path}, "effacer", format_))
    assert step_fault({"chemin": path, "table": "codes@2", "inconnu": "refuser"}, "traduire", format_) == []


@pytest.mark.parametrize(
    ("format_", "path", "kind"),
    [("hl7v2", "MSH-5", "administratif"), ("hl7v2", "PID-8", "identité"), ("json", "identifier[0].value", "administratif"),
     ("json", "name[0].family", "identité"), ("json", "content[0].jsonContent.embeddedJsonContent.message.caseId", "administratif"),
     ("xml", "/ClinicalDocument/setId/@root", "administratif"), ("xml", "/ClinicalDocument/recordTarget/patientRole/id", "identité")],
)  # fmt: skip
def test_what_is_administrative_is_known_and_the_rest_is_clinical(format_, path, kind):
    assert sensitivity.kind_of(format_, path) == kind


# -- engine


def test_a_message_is_translated_dated_and_routed_and_each_change_is_told():
    outcome = run(adt(birth="1980-01-01"), compare=True)
    assert outcome.verdict == "routed"
    assert outcome.targets == ("dpi",)
    assert outcome.changes == (("PID-7", "1980-01-01", "19800101"), ("PID-8", "M", "male"))
    assert b"|19800101|male|" in outcome.payload
    emergency = run(adt(patient_class="E"))
    assert (emergency.routes, emergency.targets) == (("urgences",), ("dpi", "copie"))
    both = run(adt(patient_class="E"), read().with_(routing="toutes"))
    assert both.routes == ("urgences", "autres")


def test_a_message_of_another_kind_is_filtered_and_keeps_nothing():
    assert run(adt(patient_class="R")).verdict == "filtered"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (adt(ins=""), "ins-absent"),
        (adt(sex="X"), "code-inconnu"),
        (adt(birth="hier"), "date-illisible"),
        (adt(reliability="PROV"), "ins-non-qualifie"),
        (adt().replace(b"213.1.4.10", b"213.1.4.8"), "identite-de-test"),
        (b"MSH", "message-illisible"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_that_cannot_go_on_says_why_without_quoting_it(payload, reason):
    outcome = run(payload)
    assert outcome.verdict == "refused"
    assert outcome.refusal is not None
    assert outcome.refusal.reason == reason
    assert "FICTIVE" not in outcome.refusal.words
    assert "hier" not in outcome.refusal.words


def test_a_test_identity_never_goes_through_a_production_house():
    outcome = engine.run(read(), adt(), SEX, NOW, test_world=False)
    assert outcome.refusal is not None
    assert outcome.refusal.reason == "identite-de-test"


def test_an_unqualified_ins_may_be_taken_out_and_the_rest_goes():
    config = read(ADT.replace('format = "hl7v2"', 'format = "hl7v2"\nins = "retirer"'))
    outcome = run(adt(reliability="PROV"), config)
    assert outcome.verdict == "routed"
    assert b"180017512345642" not in outcome.payload
    assert b"700001" in outcome.payload
    patient = {
        "identifier": [
            {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "180017512345642"},
            {"system": "urn:x", "value": "8"},
        ]
    }
    fhir = config.with_(
        format="json", filter=None, requirements=(), steps=(), order="", barrier="", routes=(Route("r", ("dpi",)),)
    )
    assert json.loads(run(json.dumps(patient).encode(), fhir).payload) == {
        "identifier": [{"system": "urn:x", "value": "8"}]
    }


def test_an_unknown_code_may_be_let_through_with_a_flag():
    config = read(ADT.replace('table = "sexe@1"', 'table = "sexe@1"\ninconnu = "signaler"'))
    outcome = run(adt(sex="X"), config)
    assert (outcome.verdict, outcome.flags) == ("routed", ("PID-8",))
    assert b"|X|" in outcome.payload


def test_a_message_without_a_route_is_refused_unless_the_channel_says_otherwise():
    config = read().with_(routes=read().routes[:1])
    assert run(adt(), config).refusal.reason == "sans-route"
    assert run(adt(), config.with_(no_route="ignorer")).verdict == "filtered"


def test_every_step_does_what_its_name_says():
    def apply(kind, payload=None, **values):
        shape = STEPS[kind]
        step = Item(kind, {field.name: values.get(field.name, field.empty) for field in shape.fields})
        config = read().with_(filter=None, requirements=(), steps=(step,))
        return formats.read("hl7v2", run(payload or adt(), config).payload)

    assert apply("poser", chemin="MSH-5", valeur="ROR").values("MSH-5") == ["ROR"]
    assert apply("copier", source="PID-3[1]", chemin="PID-18").values("PID-18.4.2") == ["1.2.250.1.999.1"]
    assert apply("effacer", chemin="MSH-6").values("MSH-6") == []
    assert apply("defaut", chemin="MSH-6", valeur="X").values("MSH-6") == ["GRADES"]
    assert apply("defaut", chemin="PV1-18", valeur="X").values("PV1-18") == ["X"]
    assert apply("assembler", morceaux=("MSH-3", '"/"', "MSH-4"), chemin="MSH-6").values("MSH-6") == ["GAM/CHU"]
    cut = apply("decouper", source="PID-5.1", separateur="T", chemins=("PV1-5.1", "PV1-5.2"))
    assert (cut.values("PV1-5.1"), cut.values("PV1-5.2")) == (["FIC"], ["IVE"])
    both = read().with_(
        filter=None, requirements=(),
        steps=(Item("poser", {"chemin": "MSH-5", "valeur": "ROR"}), Item("conserver", {"source": "MSH-5", "chemin": "MSH-21"})),
    )  # fmt: skip
    assert formats.read("hl7v2", run(adt(), both).payload).values("MSH-21") == ["MAISON"]
    only = read().with_(
        filter=None,
        requirements=(),
        steps=(Item("poser", {"chemin": "MSH-5", "valeur": "X"}, Condition("PV1-2", "égal", ("E",))),),
    )
    assert run(adt(), only).payload == adt()


def test_a_merge_belongs_to_both_patients_and_keys_are_not_kept_in_clear():
    config = read()
    one, other = engine.lanes_of(config, adt(ipp="1")), engine.lanes_of(config, adt(ipp="2"))
    merge = engine.lanes_of(config, adt(ipp="1", trigger="A40", extra="MRG|2^^^CHU"))
    assert set(merge) == {*one, *other}
    assert all("700" not in lane and len(lane) == 32 for lane in merge)
    assert engine.lanes_of(config.with_(order=""), adt()) == ()


def test_the_report_of_a_channel_is_sentences():
    said = "\n".join(
        line
        for chapter in report.chapters(
            read(), VOCABULARY, {"code-inconnu": "Code inconnu : gestionnaire de terminologie"}
        )
        for line in chapter.lines
    )
    for words in ("Traduire PID-8 par la table sexe@1", "PID-8 : identité", "MSH-9.1 est égal à «\u00a0ADT\u00a0»", "gestionnaire de terminologie",
                  "pendant 30 minutes", "Route « autres » vers dpi, toujours"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("written", ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.\\X38\\"])
def test_a_real_identity_is_seen_however_it_is_written_and_another_oid_is_not_one(written):
    other = adt(ins="", extra="ZZZ|1.2.250.1.213.1.4.88|91.2.250.1.213.1.4.8")
    config = read().with_(requirements=())
    assert run(other, config).verdict == "routed"
    assert run(adt(ins="", extra=f"ZZZ|{written}"), config).refusal.reason == "identite-de-test"
