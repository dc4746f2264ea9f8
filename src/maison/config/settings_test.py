"""Settings of the suite: the house as in production, on a throwaway cluster (see tests/conftest.py)."""

import os

from maison.config.settings import *  # noqa: F403 -- the test settings are the settings, with the changes below

ENVIRONMENT = "test"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast on purpose: tests only
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},  # nothing is collected
}
MEDIA_ROOT = DATA_DIR / "media"  # noqa: F405 -- pytest-django's live server would serve the current folder in its place

# Playwright keeps an event loop in the thread of its tests, and of those that come after: they query as ever.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
