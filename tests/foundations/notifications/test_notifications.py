import asyncio
import email
import smtplib
from email import policy

import pytest
from django.db import transaction
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from maison.foundations.access.permissions import P
from maison.foundations.errors import NotFound
from maison.foundations.events.models import StoredEvent
from maison.foundations.notifications import mail
from maison.foundations.notifications.actions import mark_all_read, mark_read, notify, notify_holders
from maison.foundations.notifications.models import Notification
from maison.foundations.notifications.selectors import holders_of, unread_count
from maison.foundations.notifications.tasks import announce_by_mail
from tests.factories import HabilitationFactory, StructureFactory, UserFactory, actor_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MAIL_URL = ""
    settings.PRODUCTION = False

    def read():
        return [
            email.message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(tmp_path.glob("courriels/*.eml"))
        ]

    return read


def test_holders_are_those_whose_habilitation_covers_the_structure_today():
    entity = StructureFactory(legal_entity=True)
    site = StructureFactory(parent=entity)
    above = HabilitationFactory(role="rssi", structure=entity)
    here = HabilitationFactory(role="support", structure=site)
    HabilitationFactory(role="support", structure=StructureFactory())
    HabilitationFactory(role="ioa", structure=site)
    HabilitationFactory(role="support", structure=site, starts_on="2020-01-01", ends_on="2020-12-31")

    assert holders_of(P.SUPERVISE, site.id) == sorted([above.subject, here.subject])
    assert len(holders_of(P.SUPERVISE)) == 3


def test_a_notification_is_read_by_its_person_only():
    notify(["811111111111"], kind="test", title="Un élément vous attend")
    mine, other = actor_with(subject="811111111111"), actor_with(subject="822222222222")
    line = Notification.objects.get()

    assert (unread_count(mine), unread_count(other)) == (1, 0)
    with pytest.raises(NotFound):
        mark_read(other, line.id)
    mark_read(mine, line.id)
    assert unread_count(mine) == 0


def test_saying_the_same_thing_twice_tells_it_once():
    assert notify(["811111111111"], kind="test", title="Alerte", key="alerte:1") == 1
    assert notify(["811111111111", "822222222222"], kind="test", title="Alerte", key="alerte:1") == 1
    assert Notification.objects.count() == 2


def test_the_open_page_of_the_reader_is_told():
    user = UserFactory()
    notify([user.subject], kind="test", title="Un élément vous attend")
    event = StoredEvent.objects.get(name="notifications.people_notified")
    assert event.hints == [f"notifications.mine:{user.id}"]
    assert user.subject not in str(event.payload)


def test_a_mail_says_only_that_something_waits(outbox, django_capture_on_commit_callbacks):
    user = UserFactory(email="camille@exemple.test", family_name="Secret")
    notify([user.subject], kind="test", title="Bilan de Claude Fictif", text="Glycémie 2 g/L", mail=True)
    assert ProcrastinateJob.objects.get(task_name="notifications.announce_by_mail").args == {"user_id": str(user.id)}

    announce_by_mail(str(user.id))

    [message] = outbox()
    whole = message.as_string() + message.get_content()
    assert message["To"] == "camille@exemple.test"
    assert "Un nouvel élément vous attend" in message["Subject"]
    for secret in ("Claude", "Glycémie", "Secret", "Bilan"):
        assert secret not in whole


def test_one_mail_covers_all_that_waits_and_a_second_run_sends_nothing(outbox):
    user = UserFactory(email="camille@exemple.test")
    for number in range(3):
        notify([user.subject], kind="test", title=f"Élément {number}", mail=True)
    announce_by_mail(str(user.id))
    announce_by_mail(str(user.id))
    assert len(outbox()) == 1


def test_what_was_read_meanwhile_sends_no_mail(outbox):
    user = UserFactory(email="camille@exemple.test")
    notify([user.subject], kind="test", title="Élément", mail=True)
    mark_all_read(actor_with(subject=user.subject))
    announce_by_mail(str(user.id))
    assert outbox() == []


def test_no_job_is_left_when_the_act_is_rolled_back(db):
    user = UserFactory(email="camille@exemple.test")
    with transaction.atomic():
        notify([user.subject], kind="test", title="Élément", mail=True)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    assert not Notification.objects.exists()


def test_a_server_that_refuses_is_tried_again(settings, monkeypatch):
    class Refusing:
        def __init__(self, *args, **kwargs):
            raise smtplib.SMTPConnectError(421, "trop occupé")

    monkeypatch.setattr(smtplib, "SMTP", Refusing)
    settings.MAIL_URL = "smtp://localhost:2525?starttls=no"
    user = UserFactory(email="camille@exemple.test")
    notify([user.subject], kind="test", title="Élément", mail=True)

    with pytest.raises(mail.MailNotSent):
        announce_by_mail(str(user.id))

    assert Notification.objects.get().mailed_at is None
    strategy = app.tasks["notifications.announce_by_mail"].retry_strategy
    assert tuple(strategy.retry_exceptions) == (mail.MailNotSent,)


def test_the_real_adapter_speaks_smtp(settings, unused_port_server):
    settings.MAIL_URL = f"smtp://127.0.0.1:{unused_port_server.port}?starttls=no"
    mail.mailer().announce("camille@exemple.test")
    assert unused_port_server.wait_for_mail().count("Un nouvel") >= 1


@pytest.fixture
def unused_port_server():
    """A mail server of one conversation, on this machine."""
    import threading

    class Server:
        def __init__(self):
            self.port, self.received, self.ready, self.done = 0, b"", threading.Event(), threading.Event()

        async def talk(self, reader, writer):
            writer.write(b"220 exemple.test\r\n")
            in_data = False
            while line := await reader.readline():
                if in_data:
                    self.received += line
                    if line == b".\r\n":
                        in_data = False
                        writer.write(b"250 ok\r\n")
                elif line.upper().startswith(b"DATA"):
                    in_data = True
                    writer.write(b"354 go\r\n")
                elif line.upper().startswith(b"QUIT"):
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 ok\r\n")
                await writer.drain()
            writer.close()
            self.done.set()

        async def serve(self):
            server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await asyncio.to_thread(self.done.wait, 10)
            server.close()

        def wait_for_mail(self):
            assert self.done.wait(10)
            return self.received.decode()

    server = Server()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    assert server.ready.wait(10)
    yield server
    server.done.set()
    thread.join(10)


@pytest.mark.parametrize("url", ["http://exemple.test", "smtp:///nulle-part"])
def test_a_wrong_mail_address_of_the_house_is_said_at_once(settings, url):
    settings.MAIL_URL = url
    with pytest.raises(ValueError, match="MAISON_MAIL_URL"):
        mail.mailer()


def test_production_without_a_mail_server_sends_nothing(settings, tmp_path):
    settings.MAIL_URL, settings.PRODUCTION, settings.DATA_DIR = "", True, tmp_path
    mail.mailer().announce("camille@exemple.test")
    assert not list(tmp_path.iterdir())


def test_the_page_lists_marks_and_opens(signed_in_client):
    browser = signed_in_client("ioa")
    notify([browser.user.subject], kind="test", title="Niveau de crise", text="Relisez-le.", url_name="crisis:levels")
    notify([browser.user.subject], kind="test", title="Sans suite")
    notify(["800000000000"], kind="test", title="Pour une autre personne")

    text = browser.get(reverse("notifications:list")).content.decode()
    assert "Niveau de crise" in text
    assert "Pour une autre personne" not in text

    line = Notification.objects.get(title="Niveau de crise")
    assert browser.post(reverse("notifications:read", args=[line.id])).url == reverse("crisis:levels")
    browser.post(reverse("notifications:read_all"))
    assert not Notification.objects.filter(subject=browser.user.subject, read_at=None).exists()


def test_telling_the_holders_of_a_permission_uses_the_same_lines():
    held = HabilitationFactory(role="support")
    assert notify_holders(P.SUPERVISE, kind="test", title="À voir") == 1
    assert Notification.objects.get().subject == held.subject
