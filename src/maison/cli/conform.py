"""`./maison conform FILE…`: grades samples of messages on this machine, without any house.

Exit code: 0 every file is A or B, 1 one of them is C, D or E, 2 one of them is not recognised, refused or cannot be opened.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from maison.cli.console import styled, warn
from maison.formats.cda.schema import Schema, SchemaUnavailable
from maison.formats.recognition import Family
from maison.interop.conformance import checkers
from maison.interop.conformance.grading import grade, register
from maison.interop.conformance.report import Fault, Report, Severity

GOOD, TO_MEND, NOT_GRADED = 0, 1, 2
_GRADE_STYLES = {"A": "green", "B": "green", "C": "yellow", "D": "red", "E": "red"}
_STYLES = {
    Severity.UNREADABLE: "red",
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.REMARK: "blue",
}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="./maison conform", description="Note la conformité de messages (HL7v2, CDA, FHIR, Hub Santé, RPU)."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
    parser.add_argument("--json", action="store_true", help="un objet JSON par fichier, une ligne chacun")
    parser.add_argument("--type", default="", help="type d'un corps seul du Hub Santé, par exemple RS-EDA")
    parser.add_argument(
        "--profils", type=Path, metavar="DOSSIER", help="définitions FHIR (StructureDefinition, ValueSet…) à appliquer"
    )
    parser.add_argument(
        "--schemas-cda", type=Path, metavar="DOSSIER", help="schémas XML de CDA (CDA_extended.xsd) à jouer"
    )
    options = parser.parse_args(words)
    checkers.register_all()
    if options.profils is not None:
        library = checkers.fhir.from_folder(options.profils)
        register(Family.FHIR, checkers.fhir.checker(lambda: library))
    if options.schemas_cda is not None:
        try:
            schema = Schema(options.schemas_cda)
        except SchemaUnavailable as problem:
            warn(problem.message)
            return NOT_GRADED
        register(Family.CDA, checkers.cda.checker(lambda: schema))
    worst = GOOD
    for file in options.files:
        worst = max(worst, _one(file, options))
    return worst


def _one(file: Path, options: Any) -> int:
    try:
        report = grade(file.read_bytes(), options.type)
    except OSError as problem:
        warn(f"{file} : {problem.strerror or 'ne peut pas être lu'}")
        return NOT_GRADED
    if options.json:
        print(json.dumps({"fichier": str(file), **report.document()}, ensure_ascii=False), flush=True)
    else:
        print(readable(str(file), report), flush=True)
    if report.outcome != "graded":
        return NOT_GRADED
    return GOOD if report.grade in {"A", "B"} else TO_MEND


def readable(name: str, report: Report) -> str:
    """What a person reads: the grade, what was understood, then each fault with its place."""
    kind = f" : {report.kind}" if report.kind else ""
    lines = [styled(name, "bold", sys.stdout), f"  {report.family_label}{kind}"]
    if report.grade:
        style = _GRADE_STYLES[report.grade]
        lines.append(f"  {styled(f'Note {report.grade}', style, sys.stdout)}  {report.meaning}")
    else:
        lines.append(f"  {styled('Non noté', 'yellow', sys.stdout)}  {report.meaning}")
    lines += [styled(f"    {what} : {value}", "grey", sys.stdout) for what, value in report.understood]
    for fault in report.faults:
        lines += _told(name, fault)
    if report.left_out:
        lines.append(f"  … et {report.left_out} autres défauts.")
    return "\n".join(lines) + "\n"


def _told(name: str, fault: Fault) -> list[str]:
    place = f"{name}:{fault.line}" + (f":{fault.column}" if fault.column else "") if fault.line else ""
    where = "  ".join(part for part in (fault.path, place) if part)
    head = styled(f"  {fault.severity.french}", _STYLES[fault.severity], sys.stdout)
    told = [f"{head}  {fault.what}"]
    if where:
        told.append(f"    {where}")
    told.append(f"    {fault.why} {fault.mend}")
    return [*told, styled(f"    {fault.rule} · {fault.source}", "grey", sys.stdout)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
