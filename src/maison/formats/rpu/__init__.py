"""RPU: the summary of each visit to an emergency department, as OSCOUR receives it every day.

    file = read(data)                     # UnreadableFile (R01)
    verdict = check(file)                 # every fault with its place, a verdict for each passage and for the file
    held = integrated(held, verdict)      # the same file twice changes nothing
    write(file)                           # XML, ISO-8859-15

Reading is tolerant (any order of elements, one PASSAGES for each patient, three charsets) and never trusts the XML.
Sources: format RPU 2006 (DHOS/SFMU) as amended for OSCOUR in 2013; arrêté of 24 July 2013; DOMAIN §5.5, read 2026-11-25.
"""

from maison.formats.rpu.controls import DEFAULTS, FileVerdict, PassageVerdict, Thresholds, check
from maison.formats.rpu.faults import Fault, UnreadableFile
from maison.formats.rpu.integration import integrated, key_of
from maison.formats.rpu.model import Establishment, Passage, RpuFile
from maison.formats.rpu.reader import MAX_BYTES, passages_of, read
from maison.formats.rpu.writer import write

__all__ = [
    "DEFAULTS",
    "MAX_BYTES",
    "Establishment",
    "Fault",
    "FileVerdict",
    "Passage",
    "PassageVerdict",
    "RpuFile",
    "Thresholds",
    "UnreadableFile",
    "check",
    "integrated",
    "key_of",
    "passages_of",
    "read",
    "write",
]
