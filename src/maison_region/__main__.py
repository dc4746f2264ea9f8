"""`python -m maison_region`: load the demonstration region into the house, or simulate its life."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from maison_region import hospitals, letters
from maison_region.facilities import SAMUS
from maison_region.messages import PARIS
from maison_region.script import DUPLICATE, LATE, OVERTAKEN, Sending
from maison_region.sending import Door, NoHouse, NotLoopback, Tally, deliver, must_be_loopback
from maison_region.simulation import life
from maison_region.stories import STORY_LABELS, claude_falls, until
from maison_region.visitor import Rounds

ACCEPTED, REFUSED, NO_HOUSE = 0, 1, 2
DEFAULT_URL = os.environ.get("MAISON_PUBLIC_URL", "http://localhost:8000")

KEY_LABELS = {
    "createCaseHealth": "dossiers ouverts (RS-EDA)",
    "createCaseHealthUpdate": "mises à jour (RS-EDA-MAJ)",
    "resourcesInfo": "engagements de moyens (RS-RI)",
    "resourcesStatus": "statuts de véhicules (RS-SR)",
}
FAULT_LABELS = {LATE: "en retard", DUPLICATE: "en double", OVERTAKEN: "dans le désordre"}

STORY_STEPS = tuple(STORY_LABELS)
WARMUP_HOURS, WARMUP_SHARE = 3.0, 0.3


def main(words: list[str] | None = None) -> int:
    arguments = parser().parse_args(words)
    return int(arguments.run(arguments))


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="maison_region", description="La région de démonstration et son simulateur.")
    commands = root.add_subparsers(required=True, metavar="commande")
    load = commands.add_parser("load", help="charge la région de démonstration dans la base")
    load.set_defaults(run=run_load)
    one = commands.add_parser("simulate", help="fait vivre la région : appels, missions, arrivées")
    one.add_argument(
        "--speed",
        type=_positive,
        default=60.0,
        metavar="N",
        help="N minutes de région par minute (60) ; 1 : temps réel",
    )
    one.add_argument("--hours", type=_positive, default=None, metavar="N", help="durée simulée en heures (24)")
    one.add_argument(
        "--day",
        type=date.fromisoformat,
        default=None,
        metavar="AAAA-MM-JJ",
        help="rejoue ce jour depuis minuit ; sinon les dernières heures",
    )
    one.add_argument("--seed", type=int, default=31, metavar="S", help="graine : la même rejoue la même journée (31)")
    one.add_argument("--share", type=_share, default=None, metavar="P", help="part des appels jouée, de 0 à 1 (1)")
    one.add_argument("--departments", default=",".join(SAMUS), metavar="09,31…", help="départements joués (tous)")
    one.add_argument("--url", default=DEFAULT_URL, help="adresse de la maison")
    one.add_argument(
        "--warmup", action="store_true", help="envoie sans attendre quelques dossiers des trois dernières heures"
    )
    one.add_argument(
        "--mllp", metavar="HÔTE:PORT", help="porte HL7v2 : quelques hôpitaux y disent aussi qui est dans leurs unités"
    )
    one.add_argument(
        "--channels",
        action="store_true",
        help="essaie ensuite le canal en préparation sur ce qui est arrivé (dans la base)",
    )
    one.add_argument("--perfect", action="store_true", help="sans retard, ni doublon, ni désordre")
    one.add_argument(
        "--confirm", action="store_true", help="des infirmiers d'accueil fictifs se connectent et confirment"
    )
    one.add_argument("--remote", action="store_true", help="autorise une adresse hors de cette machine")
    one.add_argument("--dry-run", action="store_true", help="compte les messages sans rien envoyer")
    one.set_defaults(run=run_simulate)
    story = commands.add_parser("story", help="joue l'histoire de Claude (parcours J1)")
    story.add_argument("--until", choices=STORY_STEPS, default=STORY_STEPS[-1], help="s'arrête après cette étape")
    story.add_argument("--speed", type=_positive, default=60.0, metavar="N", help="N fois plus vite (60)")
    story.add_argument("--url", default=DEFAULT_URL, help="adresse de la maison")
    story.add_argument("--remote", action="store_true", help="autorise une adresse hors de cette machine")
    story.set_defaults(run=run_story)
    return root


def _positive(word: str) -> float:
    value = float(word)
    if not 0 < value < 1_000_000:
        raise argparse.ArgumentTypeError("un nombre supérieur à zéro est attendu")
    return value


def _share(word: str) -> float:
    value = float(word)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("un nombre entre 0 et 1 est attendu")
    return value


def run_load(_: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
    import django

    django.setup()
    from django.conf import settings

    from maison_region.load import load

    if settings.PRODUCTION:
        print("La région de démonstration ne se charge pas dans une maison en production.", file=sys.stderr)
        return REFUSED
    started = time.monotonic()
    counts = load()
    print(
        "Région de démonstration chargée : "
        + ", ".join(f"{what} {count}" for what, count in counts.items())
        + f" ({time.monotonic() - started:.1f} s)."
    )
    return ACCEPTED


def window(arguments: argparse.Namespace, now: datetime) -> tuple[datetime, datetime]:
    """What is played. In real time it starts now; faster, it ends now, since no message may come from the future."""
    hours = arguments.hours or (WARMUP_HOURS if arguments.warmup else 24.0)
    length = timedelta(hours=hours)
    if arguments.day:
        start = datetime.combine(arguments.day, datetime.min.time(), PARIS)
        return start, start + length
    now = now.astimezone(PARIS).replace(microsecond=0)
    return (now, now + length) if arguments.speed <= 1 and not arguments.warmup else (now - length, now)


def run_simulate(arguments: argparse.Namespace) -> int:
    departments = [word.strip() for word in arguments.departments.split(",") if word.strip()]
    unknown = [word for word in departments if word not in SAMUS]
    if unknown:
        print(f"Département inconnu dans la région : {', '.join(unknown)}.", file=sys.stderr)
        return REFUSED
    if not arguments.dry_run and not _may_send(arguments):
        return REFUSED
    start, end = window(arguments, datetime.now(PARIS))
    share = arguments.share or (WARMUP_SHARE if arguments.warmup else 1.0)
    sendings = life(
        start, end, seed=arguments.seed, share=share, departments=departments, imperfect=not arguments.perfect
    )
    print(
        f"Région simulée du {start:%d/%m/%Y %H:%M} au {end:%d/%m/%Y %H:%M}, graine {arguments.seed}, {len(departments)} SAMU, {share:.0%} des appels."
    )
    if arguments.dry_run:
        report(_count(sendings), 0.0, sent=False)
        return ACCEPTED
    stopping = threading.Event()
    _stop_on_signals(stopping)
    began = time.monotonic()
    wait = _no_wait if arguments.warmup else _pace(start, arguments.speed, stopping)
    rounds = Rounds(arguments.url, threading.Event())
    at_the_walls = threading.Thread(target=rounds.run, name="rounds", daemon=True)
    if arguments.confirm:
        at_the_walls.start()
    try:
        tally = deliver(sendings, arguments.url, wait_until=wait, progress=hourly(), stopping=stopping)
    except NoHouse:
        return _silence(arguments.url)
    finally:
        rounds.stopping.set()
        if arguments.confirm:
            at_the_walls.join(timeout=60)
    report(tally, time.monotonic() - began, sent=True)
    refused_by_mllp = _tell_stays(arguments, end) if arguments.mllp else 0
    if arguments.channels:
        _try_channels()
    if arguments.confirm:
        print(f"  {rounds.confirmed:6d} arrivées confirmées ou vues par {rounds.people} infirmiers d'accueil")
        if rounds.kept_out:
            print(f"  connexion impossible : {', '.join(rounds.kept_out)}")
    return REFUSED if tally.refused or refused_by_mllp else ACCEPTED


def _try_channels() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
    import django

    django.setup()
    from maison_region.load_channels import try_draft

    try_draft()
    print("  le canal en préparation est essayé sur ces mouvements")


def _tell_stays(arguments: argparse.Namespace, now: datetime) -> int:
    """What the hospitals say of their stays; returns how many messages were refused."""
    host, _, port = arguments.mllp.rpartition(":")
    try:
        accepted, refused = hospitals.tell(host, int(port), now, arguments.seed)
        sent = _tell_letters(host, int(port), now, arguments.seed)
    except OSError as problem:
        print(f"Aucune porte HL7v2 ne répond à {arguments.mllp} ({problem}).", file=sys.stderr)
        return 0
    print(f"  {accepted:6d} mouvements de patients (HL7v2) de {len(hospitals.HOSPITALS)} hôpitaux")
    print(f"  {sent:6d} lettres de liaison (HL7v2, CDA) vers la messagerie sécurisée et le DMP")
    return refused


def _tell_letters(host: str, port: int, now: datetime, seed: int) -> int:
    """Letters for the last patients gone from each hospital; returns how many messages were accepted."""
    told = [
        message
        for site in hospitals.HOSPITALS
        for _, message in letters.letters_of(hospitals.stays_at(site, now, seed), now)
    ]
    return letters.tell(host, port, told).count("AA")


def _may_send(arguments: argparse.Namespace) -> bool:
    if arguments.remote:
        return True
    try:
        must_be_loopback(arguments.url)
        if getattr(arguments, "mllp", None):
            must_be_loopback(f"mllp://{arguments.mllp}")
    except NotLoopback as elsewhere:
        print(f"{elsewhere} n'est pas cette machine ; ajoutez --remote si c'est voulu.", file=sys.stderr)
        return False
    return True


def _silence(url: str) -> int:
    print(f"Aucune maison ne répond à {url}.", file=sys.stderr)
    return NO_HOUSE


def run_story(arguments: argparse.Namespace) -> int:
    """The call is now; a story played faster than the clock begins in the past, so that its last step is now."""
    if not _may_send(arguments):
        return REFUSED
    now = datetime.now(PARIS).replace(microsecond=0)
    messages = until(claude_falls(now), arguments.until)
    late = timedelta(seconds=messages[-1].delay_seconds * (1 - 1 / max(arguments.speed, 1.0)))
    opened_at = (now - late).replace(microsecond=0)
    messages = until(claude_falls(opened_at), arguments.until)
    stopping = threading.Event()
    _stop_on_signals(stopping)
    wait = _pace(opened_at, arguments.speed, stopping)
    steps: list[str] = []
    refused = 0
    door = Door(arguments.url)
    try:
        for message in messages:
            wait(opened_at + timedelta(seconds=message.delay_seconds))
            if stopping.is_set():
                break
            if message.step not in steps:
                steps.append(message.step)
                print(f"  {datetime.now(PARIS):%H:%M:%S}  {STORY_LABELS[message.step]}", flush=True)
            refusal = door.post(message.client_id, message.body)
            if refusal:
                refused += 1
                print(f"    refusé : {refusal}", file=sys.stderr)
    except NoHouse:
        return _silence(arguments.url)
    finally:
        door.close()
    print(f"Dossier {messages[0].case_id}.")
    return REFUSED if refused else ACCEPTED


def _count(sendings: Iterator[Sending]) -> Tally:
    tally = Tally()
    progress = hourly()
    for sending in sendings:
        sending.body()
        tally.note(sending)
        progress(sending, tally)
    return tally


def _no_wait(_: datetime) -> None:
    return


def _pace(start: datetime, speed: float, stopping: threading.Event) -> Callable[[datetime], None]:
    """Waits until the moment of a message comes, `speed` times faster than the clock."""
    began = time.monotonic()

    def until(at: datetime) -> None:
        left = (at - start).total_seconds() / speed - (time.monotonic() - began)
        if left > 0:
            stopping.wait(left)

    return until


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(*_: object) -> None:
        stopping.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)


def hourly() -> Callable[[Sending, Tally], None]:
    """One line per simulated hour."""
    hour: list[datetime] = []
    seen: Counter[str] = Counter()

    def progress(sending: Sending, tally: Tally) -> None:
        current = sending.at.astimezone(PARIS).replace(minute=0, second=0, microsecond=0)
        if hour and current > hour[0]:
            refused = f", {tally.refused.total()} refusés depuis le début" if tally.refused else ""
            print(
                f"  {hour[0]:%d/%m %H} h : {seen['createCaseHealth']:4d} dossiers, {seen['resourcesInfo']:3d} engagements, "
                f"{seen['createCaseHealthUpdate']:4d} mises à jour, {seen['resourcesStatus']:4d} statuts{refused}",
                flush=True,
            )
            seen.clear()
        hour[:] = [max(current, *hour)] if hour else [current]
        seen[sending.key] += 1

    return progress


def report(tally: Tally, seconds: float, *, sent: bool) -> None:
    rate = f" en {seconds:.0f} s, {tally.total / seconds:.1f} par seconde" if seconds else ""
    print(f"{tally.total} messages {'envoyés' if sent else 'comptés, rien envoyé'}{rate}, {len(tally.cases)} dossiers.")
    for key, label in KEY_LABELS.items():
        print(f"  {tally.sent[key]:6d} {label}")
    if tally.faults:
        print("  dont " + ", ".join(f"{tally.faults[fault]} {label}" for fault, label in FAULT_LABELS.items()))
    for reason, count in tally.refused.most_common(10):
        print(f"  {count:6d} refusés : {reason}")


if __name__ == "__main__":
    sys.exit(main())
