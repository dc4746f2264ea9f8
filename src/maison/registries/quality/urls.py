from django.urls import path

from . import views

app_name = "quality"
urlpatterns = [
    path("", views.scores, name="scores"),
    path("anomalies/", views.anomalies, name="anomalies"),
    path("anomalies/export.csv", views.export, name="export"),
    path("anomalies/<uuid:anomaly_id>/", views.anomaly, name="anomaly"),
    path("anomalies/<uuid:anomaly_id>/assigner/", views.assign, name="assign"),
    path("anomalies/<uuid:anomaly_id>/terminer/", views.end, name="end"),
    path("signaler/<str:kind>/<uuid:target_id>/", views.signal, name="signal"),
    path("mes-signalements/", views.mine, name="mine"),
]
