"""The one page a person sees of the sandbox: pick the professional you want to be. No script, no account, no secret."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape

from maison_region.people import PROFESSION_LABELS, Professional

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#17202b, #e8edf4); --ink2: light-dark(#475467, #aab6c5);
  --paper: light-dark(#fff, #10161e); --ground: light-dark(#f3f5f8, #0a0f15); --line: light-dark(#d9dfe7, #263241);
  --pro: light-dark(#0b4a94, #8ec1ff); --warn: light-dark(#fff3d6, #3a2b0c); --warnink: light-dark(#7a4a00, #ffcf70); }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 24px 16px 40px } h1 { font-size: 24px; line-height: 1.25 }
.sandbox { background: var(--warn); color: var(--warnink); border: 1px solid currentColor; border-radius: 6px; padding: 8px 12px; font-weight: 600 }
form { margin: 0 } label { display: block; font-weight: 600 }
input { font: inherit; width: 100%; min-height: 44px; padding: 8px 12px; border: 1px solid #8492a6; border-radius: 6px; background: var(--paper); color: inherit }
.search { display: flex; gap: 8px; align-items: end; margin: 16px 0 } .search > div { flex: 1 }
button { font: inherit; min-height: 44px; padding: 8px 16px; border-radius: 6px; border: 1px solid var(--pro); background: none; color: var(--pro); cursor: pointer }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px }
li button { width: 100%; text-align: left; background: var(--paper); border-color: var(--line); color: var(--ink) }
li button:hover { border-color: var(--pro) } li b { display: block; color: var(--pro) } li span { color: var(--ink2); font-size: 14px }
:focus-visible { outline: 3px solid var(--pro); outline-offset: 2px }
"""


def page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{escape(title)} · bac à sable</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main>'
        '<p class="sandbox">Bac à sable de Pro Santé Connect : aucun vrai compte, aucune vraie personne.</p>'
        f"<h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def matching(people: Sequence[Professional], search: str) -> list[Professional]:
    """Everyone whose name, function, profession or places contain every word of the search."""
    words = folded(search).split()
    found = []
    for person in people:
        places = " ".join(activity.name for activity in person.activities)
        text = folded(f"{person.full_name} {person.function} {person.rpps} {places}")
        if all(word in text for word in words):
            found.append(person)
    return found


def picker(query: Mapping[str, str], people: Sequence[Professional], search: str) -> str:
    """Each professional is a button of its own small form, so that the keyboard and a screen reader need no script."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in query.items()
        if name not in {"recherche", "identite"}
    )
    rows = []
    for person in matching(people, search):
        places = " · ".join(activity.name for activity in person.open_activities) or "aucune activité déclarée"
        job = PROFESSION_LABELS.get(person.profession, person.profession)
        rows.append(
            f'<li><button name="identite" value="{person.idnat}"><b>{escape(person.full_name)}</b>'
            f"{escape(person.function)}<br><span>{escape(job)} · {escape(places)} · RPPS fictif {person.rpps}</span></button></li>"
        )
    listed = (
        f'<form method="post" action="auth">{hidden}<ul>{"".join(rows)}</ul></form>'
        if rows
        else "<p>Personne ne correspond à cette recherche. Effacez-la pour revoir toute la liste.</p>"
    )
    return page(
        "Qui voulez-vous être ?",
        "<p>Le vrai Pro Santé Connect demanderait votre carte e-CPS. Ici, choisissez un professionnel fictif.</p>"
        f'<form method="get" action="auth" class="search" role="search">{hidden}'
        '<div><label for="recherche">Chercher un nom, un métier ou un lieu</label>'
        f'<input id="recherche" type="search" name="recherche" value="{escape(search)}"></div><button>Chercher</button></form>'
        f"{listed}"
        f'<form method="post" action="auth">{hidden}<p><button name="identite" value="">Renoncer et revenir au service</button></p></form>',
    )


def problem(error: str, description: str) -> str:
    return page(
        "Cette demande n'est pas acceptée",
        f"<p>{escape(description or 'La demande est incomplète.')}</p><p><small>{escape(error)}</small></p>",
    )


def signed_out() -> str:
    return page("Vous êtes déconnecté du bac à sable", "<p>Vous pouvez fermer cette page.</p>")
