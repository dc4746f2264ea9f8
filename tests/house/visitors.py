"""One visitor of each kind, and what an address answers to each."""

from __future__ import annotations

from http.cookies import SimpleCookie

from django.db import transaction
from django.test import Client

from maison.foundations.access.generic_roles import GENERIC_ROLES
from tests.factories import HabilitationFactory, StructureFactory, UserFactory
from tests.fixtures import signed_in

ROLES = [role.code for role in GENERIC_ROLES]
ANONYMOUS, WITHOUT_ROLE, LOCAL, EVERY_ROLE = "anonyme", "sans rôle", "compte local", "tous les rôles"
VISITORS = [ANONYMOUS, WITHOUT_ROLE, LOCAL, *ROLES]


def visitor(kind: str) -> Client:
    """A browser whose crash is an answer (500) instead of an exception. The local account holds every role."""
    settings = {"raise_request_exception": False}
    if kind == ANONYMOUS:
        return Client(**settings)
    structure = StructureFactory()
    if kind == LOCAL:
        user = UserFactory(local=True)
        browser = signed_in("", structure, auth="local", user=user, **settings)
    else:
        user = UserFactory()
        browser = signed_in(kind if kind in ROLES else "", structure, user=user, **settings)
    if kind in (LOCAL, EVERY_ROLE):
        for role in ROLES:
            HabilitationFactory(subject=user.subject, structure=structure, role=role)
    return browser


def play(browser: Client, method: str, address: str) -> tuple[int, str]:
    """The status and where it leads; whatever the visit changed is undone, the session included."""
    cookies = SimpleCookie(browser.cookies.output(header="", sep=";"))
    with transaction.atomic():
        answer = browser.generic(method, address)
        if answer.streaming:
            b"".join(answer.streaming_content)  # read to its end, which closes it
        transaction.set_rollback(True)
    browser.cookies = cookies
    return answer.status_code, answer.headers.get("Location", "")
