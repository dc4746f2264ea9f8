"""Makes a base and its static files ready, in one process: three Django start-ups would cost seconds.

Exit code 0: ready; EMPTY: ready, and nobody has moved in yet; 1: refused, said on the terminal.
"""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

from maison.cli.console import say, warn

EMPTY = 10
OLDEST_SERVER = 150000
LOCK = 7_046_720_215  # any number, always the same: one migration at a time on a shared server


def main() -> int:
    import django

    django.setup()
    from django.db import OperationalError

    try:
        migrate()
    except OperationalError as problem:
        warn(f"La base de données ne répond pas : {str(problem).strip()}")
        return 1
    collect_static()
    return EMPTY if is_empty() else 0


def migrate() -> None:
    """Nothing at all when nothing is due: the usual start."""
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    from maison.foundations.ledger import keep_positions_growing

    with connection.cursor() as cursor:
        if connection.connection.info.server_version < OLDEST_SERVER:
            raise OperationalError("PostgreSQL 15 ou plus récent est nécessaire.")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            say(f"mise à jour de la base : {len(plan)} étapes…")
            call_command("migrate", verbosity=0, interactive=False)
            call_command("load_catalogue", stdout=io.StringIO())  # each release opens the services it brings
            call_command("load_tables", stdout=io.StringIO())
        keep_positions_growing()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def collect_static() -> None:
    """Names with a fingerprint, compressed once; skipped when no source has changed since."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    count = 0
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda item: item[0]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
            count += 1
    stamp = Path(settings.DATA_DIR) / "static.stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest() and Path(settings.STATIC_ROOT).is_dir():
        return
    say(f"fichiers statiques : {count}…")
    stamp.unlink(missing_ok=True)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest.hexdigest())


def is_empty() -> bool:
    from django.apps import apps

    return not apps.get_model("structures", "Structure").objects.exists()


if __name__ == "__main__":
    sys.exit(main())
