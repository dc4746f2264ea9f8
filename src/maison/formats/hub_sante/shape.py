"""What a model asks, as data: the same tree drives the list of faults, the reading and the writing of XML."""

from functools import cache
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from maison.formats.hub_sante.model import OFFICIAL_ORDERS, Pattern


class Shape(Struct, frozen=True, kw_only=True, gc=False):
    """One value. `kind` is a JSON type, or "any" for what the models keep without reading."""

    kind: str
    members: dict[str, "Member"] = {}
    is_open: bool = False
    item: "Shape | None" = None
    pattern: Pattern | None = None
    values: tuple[str, ...] = ()
    min_items: int | None = None
    max_items: int | None = None


class Member(Struct, frozen=True, gc=False):
    attribute: str
    required: bool
    shape: Shape


@cache
def shape_of(model: Any) -> Shape:
    """The tree of a model (or of any type a model may hold)."""
    return _shape(inspect.type_info(model))


def _shape(info: inspect.Type) -> Shape:
    match info:
        case inspect.StructType(fields=fields, forbid_unknown_fields=closed):
            members = {
                f.encode_name: Member(f.name, f.default is NODEFAULT and f.default_factory is NODEFAULT, _shape(f.type))
                for f in fields
            }
            return Shape(kind="object", members=members, is_open=not closed)
        case inspect.ListType(item_type=item, min_length=low, max_length=high):
            return Shape(kind="array", item=_shape(item), min_items=low, max_items=high)
        case inspect.LiteralType(values=values):
            return Shape(
                kind="string", values=OFFICIAL_ORDERS.get(frozenset(map(str, values)), tuple(map(str, values)))
            )
        case inspect.Metadata(extra={"pattern": pattern}):
            return Shape(kind="string", pattern=pattern)
        case inspect.StrType():
            return Shape(kind="string")
        case inspect.BoolType():
            return Shape(kind="boolean")
        case inspect.IntType():
            return Shape(kind="integer")
        case inspect.UnionType():
            return Shape(kind="number")
        case inspect.DictType():
            return Shape(kind="object", is_open=True)
        case _:
            return Shape(kind="any")


def holds(shape: Shape, kind: str) -> bool:
    """Whether a value of that kind may stand somewhere inside."""
    return (
        shape.kind == kind
        or (shape.item is not None and holds(shape.item, kind))
        or any(holds(member.shape, kind) for member in shape.members.values())
    )
