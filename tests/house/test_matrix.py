"""The matrix of addresses and roles, played."""

import logging
from collections import Counter

import pytest
from django.urls import reverse

from maison.foundations.access.registry import granted_to
from tests.house.matrix import Line, lines
from tests.house.routes import Route, routes
from tests.house.visitors import ANONYMOUS, EVERY_ROLE, LOCAL, ROLES, VISITORS, play, visitor

METHODS = ("GET", "POST")
LINES = lines()
ROUTES = {route.name: route for route in routes()}

# Views of the floor under the rooms, which knows no right: what they show is the house's own look.
WITHOUT_DECLARATION = {"maison.ui.views": "La page de style montre des composants avec des exemples fictifs."}


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Thousands of refusals are the point here, not news."""
    caplog.set_level(logging.CRITICAL, "django.request")


def may_enter(line: Line, who: str) -> bool:
    if line.is_public or line.is_own:
        return True
    if who == ANONYMOUS:
        return False
    if line.is_for_all_signed_in or who == EVERY_ROLE:
        return True
    return not line.health if who == LOCAL else who in line.who


def fault(line: Line, who: str, status: int, leads_to: str) -> str:
    """What is wrong with an answer; nothing when it is the expected one."""
    if status >= 500 and status not in line.answers:
        return "the house broke"
    if line.is_own and who == ANONYMOUS:
        return "read by nobody" if status == 200 else ""
    if may_enter(line, who):
        return "" if status in line.answers else f"expected {sorted(line.answers)}"
    if who == ANONYMOUS:
        sign_in = status == 302 and leads_to.startswith(reverse("accounts:sign_in"))
        return "" if sign_in else "expected to be led to the sign-in"
    return "" if status == 403 else "expected a refusal"


@pytest.mark.django_db
@pytest.mark.parametrize("who", VISITORS)
def test_each_visitor_opens_what_the_matrix_says_and_nothing_else(who):
    browser = visitor(who)
    faults = []
    for line in LINES:
        if line.route not in ROUTES:
            continue  # said by the test of completeness
        status, leads_to = play(browser, line.method, ROUTES[line.route].address())
        if wrong := fault(line, who, status, leads_to):
            faults.append(f"{line.method} {line.route}: {status}, {wrong}")
    assert not faults, f"{who}:\n" + "\n".join(faults)


@pytest.mark.django_db
def test_every_address_and_method_has_its_line():
    known = Counter((line.route, line.method) for line in LINES)
    assert [line for line, count in known.items() if count > 1] == []
    browser = visitor(EVERY_ROLE)
    missing = []
    for route in ROUTES.values():
        for method in METHODS:
            if (route.name, method) in known:
                continue
            status, _ = play(browser, method, route.address())
            if status != 405:
                missing.append(suggestion(route, method, status))
        if all(line.route != route.name for line in LINES):
            missing.append(suggestion(route, "?", 0))
    gone = sorted({line.route for line in LINES} - set(ROUTES))
    assert not missing, "Add to tests/house/matrix.py:\n" + "\n".join(missing)
    assert not gone, f"Remove from tests/house/matrix.py: {gone}"


def suggestion(route: Route, method: str, status: int) -> str:
    said = route.declaration
    if said is None or said.public:
        who = "public"
    elif said.signed_in:
        who = "signed"
    else:
        who = ",".join(role for role in ROLES if said.permission in granted_to(role)) or "personne"
    health = "health" if said and said.permission and said.permission.health else ""
    return f"{route.name:28} {method:6} {who:26} {health:6} {status}"


def test_the_matrix_says_the_same_as_the_views():
    """The table is written by hand: a permission given to one more role, or a view that changes its mind, shows here."""
    faults = []
    for line in LINES:
        route = ROUTES.get(line.route)
        if route is None:
            continue
        said = route.declaration
        if said is None or said.public:
            agrees = line.is_public or line.is_own
        elif said.signed_in:
            agrees = line.is_for_all_signed_in
        else:
            holders = {role for role in ROLES if said.permission in granted_to(role)}
            agrees = line.who == (holders or {"personne"}) and line.health == said.permission.health
        if not agrees:
            faults.append(f"{line.method} {line.route}: {suggestion(route, line.method, 0)}")
    assert not faults, "\n".join(faults)


def test_every_view_says_who_may_open_it():
    silent = [
        f"{route.name} ({route.module})"
        for route in ROUTES.values()
        if route.declaration is None and route.module not in WITHOUT_DECLARATION
    ]
    assert not silent, f"Add @requires, @signed_in or @public: {silent}"


def test_every_public_view_gives_a_reason():
    for route in ROUTES.values():
        said = route.declaration
        if said is not None:
            assert sum(map(bool, (said.permission, said.signed_in, said.public))) == 1, route.name
            assert len(said.signed_in or said.public or "permission") > 9, f"{route.name}: say why"


def test_addresses_are_in_french_and_end_with_a_slash_or_a_file_name():
    for route in ROUTES.values():
        words = route.path.replace("^", "").replace("/?$", "/")
        if route.name.startswith("fhir:"):
            continue  # addresses of the standard
        assert words == "" or words.endswith("/") or "." in words.rpartition("/")[2] or words.startswith("sante/"), (
            words
        )
        assert words == words.lower() or "<" in words, words
