"""The peer of `pages`: a bare Django REST framework list of the same rows, without sign-in, rights nor trace."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
from maison.config import settings as house

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.postgres", "rest_framework", "maison.foundations.structures",
        "maison.foundations.accounts", "maison.foundations.relay", "maison.services.emergency.apps.EmergencyConfig",
    ],
    AUTH_USER_MODEL="accounts.User",
    DATABASES=house.DATABASES,
    USE_TZ=True,
    ETA=house.ETA,
    HUB_CLIENT_ID=house.HUB_CLIENT_ID,
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination", "PAGE_SIZE": 20,
    },
)  # fmt: skip
django.setup()

from rest_framework import generics, serializers  # noqa: E402 -- needs the settings

from maison.services.emergency.models import Arrival  # noqa: E402


class ArrivalSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    case_ref = serializers.CharField(source="case.case_ref")
    document = serializers.JSONField(source="case.document")
    service = serializers.CharField(source="service.name")
    step = serializers.CharField(source="relay.status")

    class Meta:
        model = Arrival
        fields = [
            "id",
            "case_ref",
            "document",
            "service",
            "step",
            "state",
            "priority",
            "announced_at",
            "eta_at",
            "arrived_at",
        ]


class Arrivals(generics.ListAPIView):  # type: ignore[type-arg]
    serializer_class = ArrivalSerializer

    def get_queryset(self):  # type: ignore[no-untyped-def]
        service = self.request.query_params["service"]
        return (
            Arrival.objects.filter(service_id=service)
            .select_related("case", "service", "relay")
            .order_by("priority", "announced_at")
        )


urlpatterns = [path("", Arrivals.as_view())]
application = get_wsgi_application()

if __name__ == "__main__":
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "benches._bare_drf:application", port=int(sys.argv[1]), interface=Interfaces.WSGI, workers=1, log_enabled=False
    ).serve()
