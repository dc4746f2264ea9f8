"""A house with no rooms: the style page, and the few views the tests of the floor need."""

from __future__ import annotations

import threading

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from maison.ui.pages import done, leave, page, refused, unchanged

BOARD = "tests_ui/board.html"

# What a test holds: the beds as they are, and an answer that is ready but does not leave yet.
BEDS = ["Lit 1", "Lit 2"]
ANSWERED, MAY_LEAVE = threading.Event(), threading.Event()
MAY_LEAVE.set()


class NameForm(forms.Form):
    name = forms.CharField(label="Nom du lit", error_messages={"required": "Écrivez le nom du lit."})


def board(request: HttpRequest) -> HttpResponse:
    answer = page(request, BOARD, {"rows": list(BEDS), "form": NameForm()}, part="rows")
    ANSWERED.set()
    MAY_LEAVE.wait(20)
    return answer


def rename(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return page(request, BOARD, {"rows": [], "form": form}, part="form", status=422)
    rows = [form.cleaned_data["name"]]
    return done(request, BOARD, {"rows": rows, "form": form}, part="rows", to="board", say="Lit renommé.", undo="undo")


def refuse(request: HttpRequest) -> HttpResponse:
    return refused(request, "Un autre soignant l'a fermé.", title="Ce lit est déjà fermé", code="EMG-003")


def nothing(request: HttpRequest) -> HttpResponse:
    return unchanged()


def away(request: HttpRequest) -> HttpResponse:
    return leave(request, "board")


def wall(request: HttpRequest) -> HttpResponse:
    return render(request, "tests_ui/wall.html", {"unconfirmed": "calme" not in request.GET})


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)


urlpatterns = [
    path("", board, name="home"),
    path("lits/", board, name="board"),
    path("lits/renommer/", rename, name="rename"),
    path("lits/annuler/", rename, name="undo"),
    path("lits/refus/", refuse, name="refuse"),
    path("lits/rien/", nothing, name="nothing"),
    path("lits/ailleurs/", away, name="away"),
    path("lits/panne/", broken, name="broken"),
    path("mur/", wall, name="wall"),
    path("recherche/", board, name="search"),
    path("ui/", include("maison.ui.urls")),
]
handler404 = "maison.ui.errors.not_found"
handler403 = "maison.ui.errors.forbidden"
handler400 = "maison.ui.errors.bad_request"
handler500 = "maison.ui.errors.server_error"
