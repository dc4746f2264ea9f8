"""The patterns of a model, checked right after decoding by a function written for that model.

msgspec has already checked members, types, codes and lengths in C; only texts with a form remain. The function is
generated once, as dataclasses are: straight-line attribute reads, nothing for the members without a pattern.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from maison.formats.hub_sante.model import DIGITS_TO_ZERO
from maison.formats.hub_sante.shape import Shape


def pattern_check(shape: Shape) -> Callable[[Any], bool]:
    """True when every text of a decoded object has the form its model asks."""
    names: dict[str, Any] = {"DIGITS_TO_ZERO": DIGITS_TO_ZERO}
    body = "\n".join(_statements(shape, "it", "    ", names, count()))
    source = f"def check(it):\n{body}\n    return True\n"
    exec(source, names)  # noqa: S102  (the source holds nothing but our own attribute names)
    check: Callable[[Any], bool] = names["check"]
    return check


def _statements(shape: Shape, name: str, indent: str, names: dict[str, Any], numbers: "count[int]") -> Iterator[str]:
    if shape.pattern is not None and shape.pattern.forms is not None:
        forms = f"f{next(numbers)}"
        names[forms] = shape.pattern.forms
        yield f"{indent}if {name}.encode().translate(DIGITS_TO_ZERO) not in {forms}: return False"
    elif shape.pattern is not None:
        matches = f"p{next(numbers)}"
        names[matches] = shape.pattern.matches
        yield f"{indent}if not {matches}({name}): return False"
    elif shape.item is not None and has_pattern(shape.item):
        item = f"v{next(numbers)}"
        yield f"{indent}for {item} in {name}:"
        yield from _statements(shape.item, item, indent + "    ", names, numbers)
    for member in shape.members.values():
        if not has_pattern(member.shape):
            continue
        value = f"v{next(numbers)}"
        yield f"{indent}{value} = {name}.{member.attribute}"
        if member.required or member.shape.kind == "array":
            yield from _statements(member.shape, value, indent, names, numbers)
        else:
            yield f"{indent}if {value} is not None:"
            yield from _statements(member.shape, value, indent + "    ", names, numbers)


def has_pattern(shape: Shape) -> bool:
    return (
        shape.pattern is not None
        or (shape.item is not None and has_pattern(shape.item))
        or any(has_pattern(member.shape) for member in shape.members.values())
    )
