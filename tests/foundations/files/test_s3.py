"""Files in an S3 store: the published signatures, then the same promises as in a folder, power cuts included."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maison.config.environment import SettingsError, s3_from
from maison.foundations.files import FilePurpose, purposes, register_purpose, s3
from maison.foundations.files.actions import content, store
from maison.foundations.files.errors import FilePlaceUnavailable, FileUnreadable
from maison.foundations.files.models import StoredFile
from maison.foundations.files.places import place
from maison.foundations.files.signing import EMPTY_SHA256, Credentials, encoded_path, encoded_query, signed_headers
from maison.foundations.files.sweeping import sweep
from tests.factories import actor_with
from tests.foundations.files.s3_server import KEYS, Store, running_store

PDF = b"%PDF-1.7\n%fictif\n"
PUBLISHED = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
AT = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "signature"),
    [
        ("GET", "/test.txt", {}, {"Range": "bytes=0-9"}, b"",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("PUT", "/test$file.text", {}, {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
         b"Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        ("GET", "/", {"lifecycle": ""}, {}, b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/", {"prefix": "J", "max-keys": "2"}, {}, b"",
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_a_request_is_signed_as_its_author_published(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, signature: str
) -> None:
    sent = signed_headers(
        PUBLISHED, method=method, host="examplebucket.s3.amazonaws.com", path=encoded_path(path),
        query=encoded_query(query), body_sha256=hashlib.sha256(body).hexdigest() if body else EMPTY_SHA256, at=AT,
        headers=headers,
    )  # fmt: skip
    assert sent["authorization"].endswith(f"Signature={signature}")


def test_keys_are_not_said_by_what_holds_them() -> None:
    assert "secret" not in repr(KEYS)
    assert "AKEXEMPLE" not in repr(KEYS)


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with running_store() as running:
        yield running
        s3.leave_stores()


@pytest.fixture
def bucket(running: Store, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    running.__init__(url=running.url)  # type: ignore[misc]  # empty again
    settings.FILES_S3 = {
        "url": f"{running.url}/maison", "region": KEYS.region, "access_key": KEYS.access_key, "secret_key": KEYS.secret_key,
    }  # fmt: skip
    monkeypatch.setattr(s3, "FIRST_WAIT_SECONDS", 0)
    monkeypatch.setattr(s3, "PART_BYTES", 1 << 20)
    return running


@pytest.fixture(scope="module")
def purpose() -> FilePurpose:
    return purposes().get("test.s3") or register_purpose(
        FilePurpose("test.s3", "Pièce de test", kinds=frozenset({"pdf"}), max_bytes=6_000_000,
                    may_read=lambda actor, file: actor.subject == file.stored_by)
    )  # fmt: skip


def stored(data: bytes) -> StoredFile:
    return store(actor_with(), io.BytesIO(data), "compte rendu.pdf", "test.s3")


@pytest.mark.django_db
@pytest.mark.parametrize("size", [10, 1 << 20, (1 << 20) - 52, 3_500_000])
def test_a_file_comes_back_whole_and_says_nothing_to_the_store(bucket: Store, purpose: FilePurpose, size: int) -> None:
    data = PDF + os.urandom(size)
    file = stored(data)
    assert b"".join(content(file)) == data
    ((name, held),) = bucket.objects.items()
    assert name == f"maison/{file.place}"
    assert data[:64] not in held
    assert bucket.uploads == {}, "nothing half-done is left"


@pytest.mark.django_db
def test_a_store_that_fails_for_a_moment_is_asked_again(bucket: Store, purpose: FilePurpose) -> None:
    bucket.failing.update({"PUT": 1, "POST": 2})
    data = PDF + os.urandom(3_000_000)
    file = stored(data)
    bucket.failing.update({"HEAD": 2, "GET": 2})
    assert b"".join(content(file)) == data


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_answer_lost_on_the_way_doubles_nothing(bucket: Store, purpose: FilePurpose, method: str) -> None:
    """POST: the upload begun twice, or ended twice; what an unheard beginning left is swept a day later."""
    bucket.lost[method] = 1
    data = PDF + os.urandom(3_000_000)
    assert b"".join(content(stored(data))) == data
    assert len(bucket.objects) == 1


@pytest.mark.django_db
def test_an_upload_ended_without_being_heard_is_not_lost(bucket: Store, purpose: FilePurpose) -> None:
    real = s3.S3Store._complete

    def unheard(self: s3.S3Store, name: str, upload: str, tags: list[str]) -> None:
        bucket.lost["POST"] = 1
        real(self, name, upload, tags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3.S3Store, "_complete", unheard)
        data = PDF + os.urandom(3_000_000)
        file = stored(data)
    assert b"".join(content(file)) == data


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_store_that_stays_down_keeps_nothing_and_leaves_no_row(
    bucket: Store, purpose: FilePurpose, method: str
) -> None:
    bucket.failing[method] = 10
    with pytest.raises(FilePlaceUnavailable):
        stored(PDF + os.urandom(3_000_000))
    assert (bucket.objects, bucket.uploads, StoredFile.objects.count()) == ({}, {}, 0)


@pytest.mark.django_db
def test_a_store_that_refuses_our_key_is_not_asked_again(bucket: Store, purpose: FilePurpose, settings: Any) -> None:
    settings.FILES_S3 = {**settings.FILES_S3, "secret_key": "une-autre"}
    with pytest.raises(FilePlaceUnavailable):
        stored(PDF)
    assert bucket.calls == ["PUT"]


@pytest.mark.django_db
def test_a_bucket_that_does_not_exist_is_an_outage_and_not_a_missing_file(
    bucket: Store, purpose: FilePurpose, settings: Any
) -> None:
    settings.FILES_S3 = {**settings.FILES_S3, "url": bucket.url.replace("fichiers", "ailleurs")}
    with pytest.raises(FilePlaceUnavailable):
        stored(PDF)
    with pytest.raises(FilePlaceUnavailable):
        sweep()


@pytest.mark.django_db
def test_a_file_missing_or_damaged_in_the_store_is_said_before_anything_is_sent(
    bucket: Store, purpose: FilePurpose
) -> None:
    file = stored(PDF + os.urandom(5000))
    (key,) = bucket.objects
    whole = bucket.objects[key]
    bucket.objects[key] = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(FileUnreadable):
        content(file)
    del bucket.objects[key]
    with pytest.raises(FileUnreadable):
        content(file)


@pytest.mark.django_db
def test_a_reading_cut_in_the_middle_is_never_taken_for_the_end(bucket: Store, purpose: FilePurpose) -> None:
    file = stored(PDF + os.urandom(4_000_000))
    bucket.cut_bodies = True
    with pytest.raises(FilePlaceUnavailable):
        b"".join(content(file))


@pytest.mark.django_db
def test_the_sweeping_removes_what_no_row_knows_and_nothing_of_others(bucket: Store, purpose: FilePurpose) -> None:
    kept = [stored(PDF + os.urandom(10)) for _ in range(3)]
    old = datetime.now(UTC) - timedelta(days=2)
    orphans = [f"maison/{it:02x}/{it:032x}" for it in range(5)]
    others = ["maison/rapport.pdf", "ailleurs/00/" + "0" * 32]
    for key in [*orphans, *others]:
        bucket.objects[key] = b"x"
    bucket.changed.update(dict.fromkeys(bucket.objects, old))
    bucket.objects["maison/ff/" + "f" * 32], bucket.changed["maison/ff/" + "f" * 32] = b"young", datetime.now(UTC)
    for number in range(3):
        bucket.uploads[f"vieux{number}"] = f"maison/{number:02x}/{number:032x}", old, {}
    bucket.uploads["jeune"] = "maison/00/" + "0" * 32, datetime.now(UTC), {}

    assert sweep() == len(orphans) + 3
    assert set(bucket.objects) == {f"maison/{it.place}" for it in kept} | {*others, "maison/ff/" + "f" * 32}
    assert set(bucket.uploads) == {"jeune"}
    assert sweep() == 0


# -- settings

REAL = {
    "MAISON_FILES_S3_URL": "https://s3.exemple.test/maison/fichiers/",
    "MAISON_FILES_S3_ACCESS_KEY": "a",
    "MAISON_FILES_S3_SECRET_KEY": "b",
}


def test_without_an_address_files_stay_in_the_folder(settings: Any) -> None:
    assert s3_from({}, production=True) == {}
    assert type(place()).__name__ == "LocalFolder"


def test_a_store_is_a_matter_of_settings() -> None:
    read = s3_from(REAL, production=True)
    assert (read["url"], read["region"]) == ("https://s3.exemple.test/maison/fichiers", "us-east-1")


@pytest.mark.parametrize(
    "change",
    [
        {"MAISON_FILES_S3_URL": "http://s3.exemple.test/maison"},
        {"MAISON_FILES_S3_URL": "https://s3.exemple.test"},
        {"MAISON_FILES_S3_URL": "https://a:b@s3.exemple.test/maison"},
        {"MAISON_FILES_S3_ACCESS_KEY": ""},
        {"MAISON_FILES_S3_SECRET_KEY": ""},
    ],
)
def test_half_a_store_stops_the_start(change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="MAISON_FILES_S3"):
        s3_from({**REAL, **change}, production=True)
