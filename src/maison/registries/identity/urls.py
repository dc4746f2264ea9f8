from django.urls import path

from .views import desk, insi, sheet, work

app_name = "identity"
urlpatterns = [
    path("", desk.search, name="search"),
    path("nouvelle/<uuid:ticket_id>/", desk.new, name="new"),
    path("inconnu/", desk.unknown, name="unknown"),
    path("a-traiter/", work.work, name="work"),
    path("a-traiter/export/", work.work_export, name="work_export"),
    path("a-traiter/<uuid:work_id>/clore/", work.close, name="close"),
    path("paires/<uuid:pair_id>/", work.pair, name="pair"),
    path("paires/<uuid:pair_id>/decider/", work.decide, name="decide"),
    path("fusions/<uuid:merge_id>/annuler/", work.undo_merge, name="undo_merge"),
    path("liens/<uuid:link_id>/rompre/", work.unlink, name="unlink"),
    path("domaines/", work.domains, name="domains"),
    path("domaines/<uuid:domain_id>/", work.domain, name="domain"),
    path("insi/<uuid:call_id>/", insi.comparison, name="comparison"),
    path("insi/<uuid:call_id>/reprendre/", insi.take, name="take"),
    path("insi/<uuid:call_id>/ecarter/", insi.put_aside, name="put_aside"),
    path("<uuid:identity_id>/", sheet.sheet, name="sheet"),
    path("<uuid:identity_id>/traits/", sheet.traits, name="traits"),
    path("<uuid:identity_id>/traits-stricts/", sheet.strict, name="strict"),
    path("<uuid:identity_id>/piece/", sheet.document, name="document"),
    path("<uuid:identity_id>/historique/", sheet.history, name="history"),
    path("<uuid:identity_id>/identitovigilance/", sheet.steward, name="steward"),
    path("<uuid:identity_id>/invalider/", sheet.invalidate, name="invalidate"),
    path("<uuid:identity_id>/doute/", sheet.doubt, name="doubt"),
    path("<uuid:identity_id>/rapprochement/", sheet.linking_choice, name="linking_choice"),
    path("<uuid:identity_id>/insi/", insi.ask, name="ask_insi"),
]
