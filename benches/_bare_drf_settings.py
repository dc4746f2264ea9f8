"""Settings of the peer: the base and the models of the house, no middleware, no sign-in."""

from maison.config.settings import *  # noqa: F403 -- the settings are those of the house, with the changes below
from maison.config.settings import INSTALLED_APPS as ROOMS

INSTALLED_APPS = [*ROOMS, "rest_framework"]
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]  # asked for by its application; does nothing here
ROOT_URLCONF = "benches._bare_drf"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
}
