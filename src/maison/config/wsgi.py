"""Pages: Django's WSGI handler, which costs two to four times less per page than its ASGI one (docs/running.md)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")

application = get_wsgi_application()
