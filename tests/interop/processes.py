"""Real processes of the house on the test database, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.db import connection

INTEGRATOR = """
import django
django.setup()
from maison.interop.hub_sante.integration import loop
while True:
    if not loop.turn():
        loop.wait()
"""
GATEWAY = "import runpy; runpy.run_module('maison.interop.gateway', run_name='__main__')"


def environment(**more: str) -> dict[str, str]:
    database = connection.settings_dict
    host, user, password, port = (str(database[key] or "") for key in ("HOST", "USER", "PASSWORD", "PORT"))
    credentials = f"{quote(user)}:{quote(password)}@" if password else f"{quote(user)}@"
    where = (
        f"{credentials}{host}:{port}/{database['NAME']}"
        if port
        else f"{credentials}/{database['NAME']}?host={quote(host)}"
    )
    return (
        os.environ
        | {
            "DATABASE_URL": f"postgres://{where}",
            "DJANGO_SETTINGS_MODULE": "maison.config.settings_test",
            "MAISON_PAYLOAD_KEY": settings.PAYLOAD_KEY,
            "MAISON_SECRET_KEY": settings.SECRET_KEY,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        | more
    )


@contextmanager
def running(code: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
