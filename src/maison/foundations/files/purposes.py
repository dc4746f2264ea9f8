"""What a file may be for. A room registers its purposes in `AppConfig.ready()`; no purpose, no file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maison.foundations.access.actor import Actor

    from .models import StoredFile

MEGABYTE = 1_000_000


def nobody(file: StoredFile) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class FilePurpose:
    """`kinds`: those of `sniffing.KINDS` it accepts. `may_read` answers for one file; a `health` purpose also asks for a
    sign-in by Pro Santé Connect. `patient_of` names the patient in the reading trace."""

    code: str
    label: str
    kinds: frozenset[str]
    max_bytes: int
    may_read: Callable[[Actor, StoredFile], bool]
    health: bool = False
    patient_of: Callable[[StoredFile], str] = nobody


_purposes: dict[str, FilePurpose] = {}


def register_purpose(purpose: FilePurpose) -> FilePurpose:
    if _purposes.setdefault(purpose.code, purpose) is not purpose:
        raise ValueError(f"The file purpose {purpose.code} is registered twice.")
    return purpose


def purposes() -> dict[str, FilePurpose]:
    return dict(_purposes)
