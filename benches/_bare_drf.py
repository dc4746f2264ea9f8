"""The peer of `pages`: a bare Django REST framework list of the same rows, without sign-in, rights nor trace."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benches._bare_drf_settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.urls import path  # noqa: E402 -- after Django is set up
from rest_framework import generics, serializers  # noqa: E402

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
