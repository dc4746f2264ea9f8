"""Whom a reference designates, as words that can be compared: `system|value` of identifiers, `Type/id`, whatever holds them."""

from __future__ import annotations

from typing import Any


def words_of(reference: Any, holder: dict[str, Any]) -> set[str]:
    """Of a Reference of `holder`, which may point into its contained resources. Empty: nobody that can be recognised."""
    if not isinstance(reference, dict):
        return set()
    found = _identifiers([reference.get("identifier")])
    target = reference.get("reference")
    if isinstance(target, str) and target.startswith("#"):
        for inner in holder.get("contained", ()):
            if isinstance(inner, dict) and inner.get("id") == target[1:]:
                found |= _identifiers(inner.get("identifier"))
    elif isinstance(target, str):
        found.add("/".join(target.partition("/_history/")[0].split("/")[-2:]))
    return found


def _identifiers(given: Any) -> set[str]:
    items = given if isinstance(given, list) else [given]
    return {
        f"{item['system']}|{item['value']}"
        for item in items
        if isinstance(item, dict) and item.get("system") and item.get("value")
    }


def concerns(narrowing: dict[str, list[str]], resource: dict[str, Any]) -> bool:
    """Whether a declaration is about the people a subscription named: its subject, and who declares."""
    if wanted := set(narrowing.get("subject", ())):
        about = resource.get("about")
        references = [resource.get("subject"), *(about if isinstance(about, list) else [])]
        if not wanted & set().union(*(words_of(one, resource) for one in references)):
            return False
    if wanted := set(narrowing.get("declarant", ())):
        references = [resource.get("requester"), resource.get("sender")]
        if not wanted & set().union(*(words_of(one, resource) for one in references)):
            return False
    return True
