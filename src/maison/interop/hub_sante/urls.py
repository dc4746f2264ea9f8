from django.urls import re_path

from . import views

app_name = "hub_sante"
# With or without the final slash: a redirected POST would lose its message.
urlpatterns = [
    re_path(r"^messages/?$", views.messages, name="messages"),
    re_path(r"^messages/(?P<exchange_id>[0-9a-fA-F-]{36})/?$", views.message, name="message"),
]
