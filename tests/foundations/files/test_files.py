import io
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maison.foundations.audit.models import Entry
from maison.foundations.errors import BusinessError, NotFound
from maison.foundations.files import FilePurpose, purposes, register_purpose, sealing
from maison.foundations.files.access import access_file
from maison.foundations.files.actions import content, safe_name, store, withdraw
from maison.foundations.files.errors import (
    FileAlreadyWithdrawn,
    FileEmpty,
    FileKindRefused,
    FileNameMisleading,
    FilePurposeUnknown,
    FileTooLarge,
    FileUnreadable,
)
from maison.foundations.files.models import StoredFile
from maison.foundations.files.places import PARTIAL, place
from maison.foundations.files.sniffing import KINDS, sniff
from maison.foundations.files.sweeping import sweep
from maison.foundations.ids import uuid7
from tests.factories import actor_with

PDF = b"%PDF-1.7\n%fictif\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "fichiers"
    return settings.FILES_DIR


@pytest.fixture(scope="module")
def purpose():
    known = purposes().get("test.piece") or register_purpose(
        FilePurpose(
            "test.piece",
            "Pièce de test",
            kinds=frozenset({"pdf", "png", "csv"}),
            max_bytes=3_000_000,
            may_read=lambda actor, file: actor.subject == file.stored_by,
        )
    )
    if "test.sante" not in purposes():
        register_purpose(
            FilePurpose(
                "test.sante",
                "Pièce de santé de test",
                kinds=frozenset({"pdf"}),
                max_bytes=3_000_000,
                may_read=lambda actor, file: not actor.is_anonymous,
                health=True,
                patient_of=lambda file: "patient-fictif",
            )
        )
    return known


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.django_db
def test_a_stored_file_comes_back_whole_and_is_unreadable_on_disk(folder, purpose):
    data = PDF + os.urandom(2_500_000)
    file = store(actor_with(), io.BytesIO(data), "compte rendu.pdf", "test.piece")

    assert b"".join(content(file)) == data
    assert (file.size, file.kind.media_type, file.name) == (len(data), "application/pdf", "compte rendu.pdf")
    [path] = kept(folder)
    assert data[:64] not in path.read_bytes()
    assert "compte" not in str(path)
    assert str(file.id) not in str(path)
    assert path.stat().st_mode & 0o077 == 0
    assert Entry.objects.filter(code="files.stored", target_id=str(file.id)).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "vide.pdf", FileEmpty),
        (b"<html><script>alert(1)</script>", "page.pdf", FileKindRefused),
        (b"MZ\x90\x00" + b"\0" * 60, "programme.exe", FileKindRefused),
        (b'{"a": 1}', "donnees.json", FileKindRefused),
        (PNG, "image.pdf", FileNameMisleading),
        (PDF + b"0" * 3_000_000, "gros.pdf", FileTooLarge),
    ],
)
def test_a_refused_file_leaves_nothing_behind(folder, purpose, data, name, error):
    with pytest.raises(error):
        store(actor_with(), io.BytesIO(data), name, "test.piece")
    assert kept(folder) == []
    assert not StoredFile.objects.exists()


@pytest.mark.django_db
def test_a_file_without_a_known_purpose_is_refused():
    with pytest.raises(FilePurposeUnknown):
        store(actor_with(), io.BytesIO(PDF), "a.pdf", "test.inconnu")


@pytest.mark.django_db
def test_an_interrupted_write_leaves_nothing(folder, purpose):
    class Cut(io.RawIOBase):
        def __init__(self):
            self.given = 0

        def readable(self):
            return True

        def read(self, size=-1):
            if self.given > 500_000:
                raise ConnectionResetError
            block = (PDF if not self.given else b"") + os.urandom(min(size, 100_000) - len(PDF))
            self.given += len(block)
            return block

    with pytest.raises(ConnectionResetError):
        store(actor_with(), Cut(), "coupe.pdf", "test.piece")
    assert kept(folder) == []


@pytest.mark.django_db
def test_bytes_without_a_row_are_swept_a_day_later(folder, purpose):
    file = store(actor_with(), io.BytesIO(PDF), "a.pdf", "test.piece")
    orphan = place().write(iter([b"orphelin"]))
    half = folder / "zz" / ("f" * 32 + PARTIAL)
    half.parent.mkdir()
    half.write_bytes(b"moitie")
    assert sweep() == 0

    yesterday = (timezone.now() - timedelta(days=2)).timestamp()
    for path in kept(folder):
        os.utime(path, (yesterday, yesterday))

    assert sweep() == 2
    assert [str(path.relative_to(folder)) for path in kept(folder)] == [file.place]
    assert orphan != file.place


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "swapped", "other key"])
def test_damaged_bytes_are_refused_and_never_shown(folder, purpose, settings, damage):
    actor = actor_with()
    file = store(actor, io.BytesIO(PDF + b"un"), "a.pdf", "test.piece")
    path = folder / file.place
    sealed = path.read_bytes()
    if damage == "cut":
        path.write_bytes(sealed[:-5])
    elif damage == "changed":
        path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    elif damage == "gone":
        path.unlink()
    elif damage == "swapped":
        other = store(actor, io.BytesIO(PDF + b"du"), "b.pdf", "test.piece")
        path.write_bytes((folder / other.place).read_bytes())
    else:
        settings.FILES_KEYS = ["une tout autre clé"]

    with pytest.raises(FileUnreadable):
        content(file)


@pytest.mark.django_db
def test_files_stay_readable_after_the_key_is_changed(folder, purpose, settings):
    settings.FILES_KEYS = ["ancienne"]
    old = store(actor_with(), io.BytesIO(PDF + b"ancien"), "a.pdf", "test.piece")
    settings.FILES_KEYS = ["nouvelle", "ancienne"]
    new = store(actor_with(), io.BytesIO(PDF + b"nouveau"), "b.pdf", "test.piece")

    assert b"".join(content(old)).endswith(b"ancien")
    assert b"".join(content(new)).endswith(b"nouveau")
    assert old.key_id != new.key_id


@pytest.mark.parametrize(
    "size",
    [0, 1, sealing.SEGMENT_BYTES - 1, sealing.SEGMENT_BYTES, sealing.SEGMENT_BYTES + 1, 3 * sealing.SEGMENT_BYTES],
)
def test_sealing_holds_at_the_edges_of_segments(size):
    file_id, clear = uuid7(), os.urandom(size)
    sealed = b"".join(sealing.sealed(file_id, "clé", iter([clear[: size // 2], clear[size // 2 :]])))
    assert len(sealed) == sealing.sealed_size(size)
    assert b"".join(sealing.opened(file_id, "clé", io.BytesIO(sealed))) == clear
    head = len(sealing.MAGIC) + sealing.SALT_BYTES
    step = sealing.SEGMENT_BYTES + sealing.TAG_BYTES
    for cut in range(head, len(sealed), step):  # the end dropped at a segment's edge
        with pytest.raises(sealing.SealBroken):
            list(sealing.opened(file_id, "clé", io.BytesIO(sealed[:cut])))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PDF, "pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg"),
        (PNG, "png"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><OSCOUR/>', "xml"),
        ("\ufeff<passages><é/></passages>".encode(), "xml"),
        ('<?xml version="1.0"?><a/>'.encode("utf-16"), "xml"),
        (b' {"resourceType": "Bundle"}', "json"),
        (b"[1, 2]", "json"),
        ("nom;prénom;né le\nEXEMPLE;Camille;1970\n".encode("latin-1"), "csv"),
        (b"a,b\n1,2\n3,4\n5,", "csv"),
        (("a;" * 40_000).encode() + "é".encode()[:1], "csv"),
        (b"<!DOCTYPE html><p>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", None),
        (b'<?xml version="1.0"?><html xmlns="x"/>', None),
        (b"\x7fELF\x02\x01", None),
        (b"#!/bin/sh\necho", None),
        (b"une phrase seule", None),
        (b"   ", None),
        (b"a;b\x00c;d", None),
    ],
)
def test_a_file_is_known_by_its_content(head, kind):
    found = sniff(head)
    assert (found.code if found else None) == kind


@given(st.binary(max_size=300))
def test_sniffing_never_fails_whatever_the_bytes(head):
    sniff(head)


@given(st.text(max_size=200))
def test_a_name_is_always_safe_to_show_and_to_save(name):
    safe = safe_name(name, KINDS["pdf"])
    assert safe.endswith(".pdf")
    assert 5 <= len(safe) <= 120
    assert not set(safe) & set('/\\"<>|*?:\r\n\x00\u202e')


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\dossier\\lettre.PDF", "lettre.pdf"),
        ("facture\u202efdp.exe", "facture fdp.exe.pdf"),
        ("", "document.pdf"),
        (".pdf", "pdf.pdf"),
    ],
)
def test_names_lose_their_folders_and_their_tricks(name, safe):
    assert safe_name(name, KINDS["pdf"]) == safe


@pytest.mark.django_db
def test_downloading_is_an_attachment_and_leaves_a_trace(signed_in_client, folder, purpose):
    browser = signed_in_client("ioa")
    owner = actor_with(subject=browser.user.subject)
    file = store(owner, io.BytesIO(PDF), 'bilan d\'été "1".pdf', "test.piece")

    answer = browser.get(reverse("files:download", args=[file.id]))

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert Entry.objects.filter(code="files.read", target_id=str(file.id), subject=browser.user.subject).exists()


@pytest.mark.django_db
def test_someone_elses_file_does_not_exist_for_the_others(signed_in_client, client, folder, purpose):
    file = store(actor_with(subject="811111111111"), io.BytesIO(PDF), "a.pdf", "test.piece")
    address = reverse("files:download", args=[file.id])

    assert signed_in_client("ioa").get(address).status_code == 404
    assert client.get(address).status_code == 302
    assert not Entry.objects.filter(code="files.read").exists()


@pytest.mark.django_db
def test_a_health_file_asks_for_a_strong_sign_in_and_names_the_patient_in_the_trace(signed_in_client, folder, purpose):
    file = store(actor_with(), io.BytesIO(PDF), "a.pdf", "test.sante")
    address = reverse("files:download", args=[file.id])

    assert signed_in_client("support", auth="local").get(address).status_code == 403
    assert b"".join(signed_in_client("ioa").get(address).streaming_content) == PDF
    assert Entry.objects.get(code="files.read").patient_id == "patient-fictif"


@pytest.mark.django_db
def test_withdrawing_hides_the_file_and_keeps_its_bytes(folder, purpose):
    actor = actor_with()
    file = store(actor, io.BytesIO(PDF), "a.pdf", "test.piece")
    withdraw(actor=actor, file_id=file.id, reason="Déposé par erreur")

    with pytest.raises(NotFound):
        access_file(actor, file.id)
    with pytest.raises(FileAlreadyWithdrawn):
        withdraw(actor=actor, file_id=file.id, reason="Encore")
    assert len(kept(folder)) == 1
    assert Entry.objects.get(code="files.withdrawn").reason == "Déposé par erreur"


@pytest.mark.django_db
def test_two_files_written_at_once_never_meet(folder):
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(place().write(iter([b"x" * 1000])))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8


def test_every_file_error_says_what_happened_in_french():
    for error in (FileEmpty, FileKindRefused, FileTooLarge, FileUnreadable):
        assert issubclass(error, BusinessError)
        assert error.message.endswith(".")
