"""A page of the house around a rendered document, as a room would make it: for the browser test and for looking."""

from __future__ import annotations

from html import escape
from pathlib import Path

from maison.formats.cda.html import render
from maison.formats.cda.model import Document

STATIC = Path(__file__).resolve().parents[3] / "src" / "maison" / "ui" / "static" / "maison"


def page_of(document: Document, theme: str = "light") -> str:
    shown = render(document, media_url=lambda one: f"/pieces/{one.id}", file_url="/fichier")
    css = (STATIC / "maison.css").read_text() + (STATIC / "cda.css").read_text()
    banner = shown.banner
    traits = "".join(f"<span>{escape(one)}</span>" for one in (banner.born, banner.gender, banner.birth_place) if one)
    return f"""<!doctype html><html lang="fr" data-theme="{theme}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{escape(shown.title)}</title><style>{css}</style></head><body>
<div class="maison-shell"><main class="maison-main"><div class="maison-patient"><p class="maison-patient-name">{escape(banner.name)}</p>
<p class="maison-patient-details">{traits}</p></div><h1>{escape(shown.title)}</h1>
<article class="maison-cda">{shown.facts}{shown.contents}{shown.body}{shown.people}</article></main></div></body></html>"""
