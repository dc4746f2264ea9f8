"""The peer of `fhir`: dfhir (PyPI), a FHIR server on Django, run by a Python of its own (MAISON_BENCH_DFHIR), two workers.

`python _serve_dfhir.py DSN PORT` makes its tables in that database, writes one patient with its own serializer, and serves it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import dfhir
import django
from django.conf import settings

HOME = Path(dfhir.__file__).parent
APPS = sorted(f"dfhir.{app.parent.name}" for app in HOME.glob("*/apps.py"))
parts = urlsplit(os.environ["BENCH_DSN"])
query = parse_qs(parts.query)
settings.configure(
    SECRET_KEY="bench",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    AUTH_USER_MODEL="auth.User",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "rest_framework",
        *APPS,
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "USER": parts.username,
            "PASSWORD": parts.password or "", "HOST": query.get("host", [parts.hostname or ""])[0], "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
        }
    },
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 -- once Django stands
from django.urls import include, path  # noqa: E402

urlpatterns = [path("", include("dfhir.patients.urls"))]
application = get_wsgi_application()

if __name__ == "__main__":
    from dfhir.patients.models import Patient
    from dfhir.patients.serializers import PatientSerializer
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    written = PatientSerializer(
        data={
            "name": [{"family": "Exemple", "given": ["Camille"], "text": "Camille Exemple", "use": "official"}],
            "gender": "female",
        }
    )
    if not written.is_valid():
        print(written.errors, flush=True)
        Patient.objects.create()
    else:
        written.save()
    print(Patient.objects.values_list("pk", flat=True)[0], flush=True)
    port, here = sys.argv[1], str(Path(__file__).parent)
    os.execv(
        sys.executable,
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-w",
            "2",
            "-b",
            f"127.0.0.1:{port}",
            "--chdir",
            here,
            "--log-level",
            "warning",
            "_serve_dfhir:application",
        ],
    )
