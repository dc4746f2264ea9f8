from django.db import migrations, models

import maison.foundations.ids
from maison.foundations.ledger import ledger_table, position_functions

COLUMNS = "name varchar(80) NOT NULL, payload jsonb NOT NULL, hints text[] NOT NULL DEFAULT '{}'"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        position_functions(),
        *ledger_table("StoredEvent", "events_event", COLUMNS),
        migrations.CreateModel(
            name="StoredEvent",
            fields=[("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "events_event", "verbose_name": "événement", "ordering": ["position", "seq"]},
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("reader", models.CharField(max_length=80, primary_key=True, serialize=False, verbose_name="lecteur")),
                ("position", models.BigIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(auto_now=True)),
            ],
            options={"verbose_name": "lecteur d'événements"},
        ),
    ]
