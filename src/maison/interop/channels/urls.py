from django.urls import path, re_path

from .views import channels, door, editor, flow, tables, tasks, versions

app_name = "channels"
urlpatterns = [
    path("flux/", flow.flow_map, name="flow"),
    path("flux/export.csv", flow.export, name="flow_export"),
    path("flux/certificats/", flow.declare_certificate, name="certificate"),
    path("canaux/", channels.channel_list, name="list"),
    path("canaux/export.csv", channels.export, name="export"),
    path("canaux/nouveau/", channels.new, name="new"),
    path("canaux/bureaux/", tasks.desk_list, name="desks"),
    path("canaux/bureaux/choisir/", tasks.choose_desk, name="choose_desk"),
    path("canaux/a-reparer/<uuid:relay_id>/", tasks.task, name="task"),
    path("canaux/a-reparer/<uuid:relay_id>/agir/", tasks.mend, name="mend"),
    path("canaux/tables/", tables.table_list, name="tables"),
    path("canaux/tables/nouvelle/", tables.new, name="new_table"),
    path("canaux/tables/<slug:code>/", tables.table, name="table"),
    path("canaux/tables/<slug:code>/ecrire/", tables.write, name="write_table"),
    path("canaux/tables/<slug:code>/<int:number>/approuver/", tables.approve, name="approve_table"),
    path("canaux/tables/<slug:code>/<int:number>.csv", tables.export, name="export_table"),
    # With or without the final slash: a redirected POST would lose its message.
    re_path(r"^canaux/depot/(?P<code>[a-z0-9-]{2,24})/?$", door.deposit, name="deposit"),
    path("canaux/c/<slug:code>/", channels.channel, name="channel"),
    path("canaux/c/<slug:code>/agir/", channels.act, name="act"),
    path("canaux/c/<slug:code>/messages/", channels.messages, name="messages"),
    path("canaux/c/<slug:code>/fiche/", channels.report, name="report"),
    path("canaux/c/<slug:code>/editer/", editor.editor, name="editor"),
    path("canaux/c/<slug:code>/editer/geste/", editor.gesture, name="gesture"),
    path("canaux/c/<slug:code>/editer/<slug:section>/<slug:rank>/", editor.item, name="item"),
    path("canaux/c/<slug:code>/texte/", editor.text, name="text"),
    path("canaux/c/<slug:code>/essai/", versions.trial_page, name="trial"),
    path("canaux/c/<slug:code>/essai/<int:number>/<uuid:exchange_id>/", versions.values, name="values"),
    path("canaux/c/<slug:code>/approbation/", versions.approval, name="approval"),
    path("canaux/c/<slug:code>/decider/", versions.decide, name="decide"),
    path("canaux/c/<slug:code>/versions/", versions.history, name="history"),
    path("canaux/c/<slug:code>/versions/<int:number>/retablir/", versions.restore, name="restore"),
]
