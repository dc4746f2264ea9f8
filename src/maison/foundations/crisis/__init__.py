"""The crisis switch: one level for the region or for a département, which changes steps, forms and frequencies.

Words: *territory* the region or a département; *level* 0 ordinary life, 1 vigilance, 2 tension, 3 exceptional health
situation (« situation sanitaire exceptionnelle », « plan blanc » inside a hospital); *period* the time a territory
spends at one level above 0. Rooms ask `level_of(department)` and follow `crisis.level_changed`.
Sources: DOMAIN §6 and annex on states; CSP L. 3131-7 and following (plan blanc, ORSAN).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .selectors import level_of

__all__ = ["level_of"]


def __getattr__(name: str) -> Any:
    """Reading a level needs the models, which Django loads after this module."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.selectors"), name)
    raise AttributeError(name)
