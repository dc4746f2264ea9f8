"""The quick way through an ordinary file: its text is cut, and nothing is built that nobody asked for.

`read_quickly` gives what the careful reader of `reader` gives, or None whenever something is not ordinary (attributes, entities,
comments, elements inside a field, faults): the careful reader then says what it is. A passage in the order of the format is
right by its very form; when one is in another order, libxml2 judges the file, still without building anything. What stands
around the passages is always parsed. A test plays both readers on wounded files.
"""

import re
from typing import Any

from lxml import etree

from maison.formats.rpu.model import SCALARS, Establishment, Passage, RpuFile
from maison.formats.rpu.values import LONGEST_LIST, MAX_PASSAGES, day, establishment_of, moment

_KNOWN = frozenset(SCALARS)
_LEAF = re.compile(r"<([^</>]+)>([^<]*)</")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ITEM = re.compile(r"<(?:DA|ACTE)>([^<]*)</")
_LISTS = {"LISTE_DA": "DA", "LISTE_ACTES": "ACTE"}

_STRUCTURE = frozenset({*_LISTS, "OSCOUR", "ETABLISSEMENT", "PATIENT"})


_ORDER = list(SCALARS)
_ORDER[SCALARS.index("SORTIE") : SCALARS.index("SORTIE")] = _LISTS


def _usual() -> re.Pattern[str]:
    """A passage in the order of the format: one group for each element. Possessive: it never tries twice."""
    parts = []
    for name in _ORDER:
        item = _LISTS.get(name)
        inside = f"((?:<{item}>[^<]*+</{item}>\\s*+)*+)" if item else "([^<]*+)"
        parts.append(f"(?:<{name}>{inside}</{name}>\\s*+|<{name} ?/>\\s*+)?+")
    return re.compile("\\s*+" + "".join(parts))


_USUAL = _usual()
_EMPTY = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*) ?/>")
_DECLARATION = re.compile(
    r"""\A<\?xml version="1\.0"(?: encoding="[A-Za-z0-9._-]+")?(?: standalone="(?:yes|no)")? ?\?>"""
)
_FORBIDDEN = bytes({*range(32)} - {9, 10, 13})
"""Control characters that XML does not admit."""

type _Told = tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]
"""The texts by element, the associated diagnoses, the acts."""


class _NotOrdinary(Exception):
    """For the careful reader."""


class _Judge:
    """A target that hears nothing: the parser only checks."""

    def close(self) -> None:
        return None


_JUDGE: Any = _Judge()


def read_quickly(data: bytes, charset: str, lines_before: int) -> RpuFile | None:
    """`data` begins with the XML itself and holds no definition of type; `lines_before` stood above it."""
    try:
        if len(data) != len(data.translate(None, _FORBIDDEN)):
            return None
        text = data.decode(charset)
        if "&" in text or "]]>" in text or "\ufffe" in text or "\uffff" in text:
            return None
        file, is_usual = _file(text, lines_before)
        if not is_usual:
            parser = etree.XMLParser(target=_JUDGE, resolve_entities=False, no_network=True, huge_tree=False)
            etree.fromstring(data, parser)
    except (UnicodeDecodeError, LookupError, etree.XMLSyntaxError, _NotOrdinary):
        return None
    return file


def _file(text: str, lines_before: int) -> tuple[RpuFile, bool]:
    """The file, and whether all its passages are in the order of the format."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            raise _NotOrdinary
    before, *chunks = text.split("<PATIENT>")
    if not 0 < len(chunks) <= MAX_PASSAGES:
        raise _NotOrdinary
    line = lines_before + 1 + before.count("\n")
    unknown: dict[str, str] = {}
    passages: list[Passage] = []
    around = [_DECLARATION.sub("", before, 1)]
    usual = _USUAL.fullmatch
    is_usual = True
    for rank, chunk in enumerate(chunks, start=1):
        inside, end, after = chunk.partition("</PATIENT>")
        if not end:
            raise _NotOrdinary  # a passage in a passage
        found = usual(inside)
        is_usual = is_usual and found is not None
        told = _in_order(found) if found is not None else _in_any_order(inside, rank, unknown)
        passages.append(_passage(rank, line, *told))
        if after != "\n" and after.strip():
            around.append(after)
        line += chunk.count("\n")
    if not chunks[-1].partition("</PATIENT>")[2].strip():
        raise _NotOrdinary  # nothing closes the root after the last passage
    establishment = _establishment(around)
    return RpuFile(establishment or Establishment(), passages, unknown, establishment is not None), is_usual


def _establishment(around: list[str]) -> Establishment | None:
    """What stands around the passages: the root, the establishment, and nothing that would change how the rest is understood."""
    text = "".join(around)
    if any(odd in text for odd in ("<!", "<?", "xmlns", "PATIENT")) or text.count("<OSCOUR") != 1:
        raise _NotOrdinary
    root = etree.fromstring("<PATIENT/>".join(around))
    if root.tag != "OSCOUR":
        raise _NotOrdinary
    found = list(root.iter("ETABLISSEMENT"))
    return establishment_of(found[-1]) if found else None


def _passage(rank: int, line: int, raw: dict[str, str], associated: tuple[str, ...], acts: tuple[str, ...]) -> Passage:
    born, entered, left = raw.get("NAISSANCE"), raw.get("ENTREE"), raw.get("SORTIE")
    return Passage(
        rank,
        line,
        raw,
        day(born) if born else None,
        moment(entered) if entered else None,
        moment(left) if left else None,
        associated,
        acts,
    )


def _in_order(found: re.Match[str]) -> _Told:
    raw = {name: text for name, value in zip(_ORDER, found.groups()) if value and (text := value.strip())}  # noqa: B905
    return raw, _items(raw.pop("LISTE_DA", ""), 4), _items(raw.pop("LISTE_ACTES", ""), 6)


def _in_any_order(inside: str, rank: int, unknown: dict[str, str]) -> _Told:
    if "/>" in inside:
        inside = _EMPTY.sub(r"<\1></\1>", inside)
    inside, associated = _list_cut(inside, "<LISTE_DA>", "</LISTE_DA>")
    inside, acts = _list_cut(inside, "<LISTE_ACTES>", "</LISTE_ACTES>")
    raw: dict[str, str] = {}
    for name, value in _leaves(inside):
        if name not in _KNOWN:
            if name in _STRUCTURE or not _NAME.fullmatch(name):
                raise _NotOrdinary
            unknown.setdefault(name[:60], f"PASSAGES/PATIENT[{rank}]/{name[:60]}")
        elif text := value.strip():
            raw[name] = text
    return raw, associated, acts


def _items(texts: str, bracket: int) -> tuple[str, ...]:
    """The texts of `<DA>I10</DA> <DA>…</DA>`, whose opening bracket has `bracket` characters."""
    if not texts:
        return ()
    single = texts[bracket : -bracket - 1]
    if "<" in single:
        return _texts(_ITEM.findall(texts))
    return (text,) if (text := single.strip()) else ()


def _texts(values: list[str]) -> tuple[str, ...]:
    return tuple([text for value in values if (text := value.strip())])[:LONGEST_LIST]


def _leaves(text: str) -> list[tuple[str, str]]:
    """The elements of this text that hold a text only. Another one is not ordinary: each leaf has two brackets, and no more."""
    found: list[tuple[str, str]] = _LEAF.findall(text)
    if text.count("<") != 2 * len(found):
        raise _NotOrdinary
    return found


def _list_cut(text: str, begin: str, end: str) -> tuple[str, tuple[str, ...]]:
    """The text without its list, and the items of the list."""
    before, opened, rest = text.partition(begin)
    if not opened:
        return text, ()
    inside, _, after = rest.partition(end)
    items = _leaves(inside)
    if not all(_NAME.fullmatch(name) for name, _ in items):
        raise _NotOrdinary
    return before + after, _texts([item for _, item in items])
