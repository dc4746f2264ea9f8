from __future__ import annotations

import re
from typing import Any

from django import forms

from maison.formats.hub_sante.message_types import MESSAGE_TYPES

from .grading import MAX_BYTES

LARGEST_PASTE = 2 * 1024 * 1024
_DECLARED = re.compile(r"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
NOTHING = "Collez un exemple ou déposez un fichier."
TOO_LARGE = f"L'exemple dépasse {MAX_BYTES // 1024 // 1024} Mo. Réduisez-le à un message, puis reprenez."


class _OneOfTwo:
    """Neither optional nor required by itself: the form wants one of the two fields."""

    def validate(self, value: Any) -> None:
        """Judged by the form."""


class PastedField(_OneOfTwo, forms.CharField):
    pass


class GivenFileField(_OneOfTwo, forms.FileField):
    pass


class SampleForm(forms.Form):
    use_required_attribute = False

    exemple = PastedField(
        label="Coller un exemple", strip=False,
        help_text="Le message tel qu'il part de votre logiciel. Jusqu'à 2 Mo ; au-delà, déposez un fichier.",
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
    )  # fmt: skip
    fichier = GivenFileField(
        label="ou déposer un fichier", allow_empty_file=True,
        help_text="Jusqu'à 5 Mo. Le nom du fichier ne compte pas : la famille se lit dans le contenu.",
    )  # fmt: skip
    attendu = forms.ChoiceField(
        label="Type, si le contenu ne le dit pas", required=False,
        choices=[("", "Lu dans le contenu"), *((one.code, f"{one.code}, {one.label}") for one in MESSAGE_TYPES)],
        help_text="Utile pour le corps seul d'un cas d'usage du Hub Santé.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        upload = found.get("fichier")
        if upload is not None:
            if upload.size > MAX_BYTES:
                raise forms.ValidationError(TOO_LARGE)
            found["data"] = upload.read()
        else:
            found["data"] = _bytes(found.get("exemple") or "")
        if not found["data"].strip():
            raise forms.ValidationError(NOTHING)
        return found


def _bytes(text: str) -> bytes:
    """What was pasted, in the charset its XML declares: the browser gave the characters, not the bytes."""
    declared = _DECLARED.match(text)
    try:
        return text.encode(declared[1] if declared else "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.encode("utf-8", "surrogatepass")
