import django.contrib.postgres.fields
from django.db import migrations, models

import maison.foundations.ids
from maison.foundations.ledger import ledger_table

DOORS = [("http", "HTTPS, clé"), ("https-mtls", "HTTPS, certificat"), ("amqp", "AMQP"), ("mailbox", "Boîte à relever (HTTPS)"), ("mllp", "MLLP (HL7v2)")]

# Constant defaults: no row is rewritten, whatever the journal holds.
KEYS = """
ALTER TABLE exchanges_exchange
  ADD COLUMN patient_key varchar(32) NOT NULL DEFAULT '',
  ADD COLUMN visit_key varchar(32) NOT NULL DEFAULT '',
  ADD COLUMN also_lane varchar(300) NOT NULL DEFAULT '';
CREATE INDEX exchanges_patient ON exchanges_exchange (patient_key, seq) WHERE patient_key <> '';
CREATE INDEX exchanges_visit ON exchanges_exchange (visit_key, seq) WHERE visit_key <> '';
CREATE INDEX exchanges_barriers ON exchanges_exchange (also_lane, seq) WHERE state = 'received' AND also_lane <> '';
"""
NO_KEYS = """
ALTER TABLE exchanges_exchange DROP COLUMN patient_key, DROP COLUMN visit_key, DROP COLUMN also_lane;
"""
# Contents may be forgotten by the purge alone, which says so for its own transaction; nobody changes them.
PURGE = """
CREATE FUNCTION exchanges_keep_payload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('maison.purge', true) = 'on' THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'exchanges_payload is append-only' USING ERRCODE = 'insufficient_privilege';
END$$;
DROP TRIGGER refuse_change ON exchanges_payload;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON exchanges_payload
  FOR EACH ROW EXECUTE FUNCTION exchanges_keep_payload();
"""
NO_PURGE = """
DROP TRIGGER refuse_change ON exchanges_payload;
DROP FUNCTION exchanges_keep_payload();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON exchanges_payload
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
"""
ATTEMPT = """
  exchange_id uuid NOT NULL, number smallint NOT NULL, outcome varchar(12) NOT NULL, code varchar(40) NOT NULL DEFAULT '',
  target varchar(60) NOT NULL DEFAULT '', milliseconds integer NOT NULL DEFAULT 0
"""
ATTEMPT_INDEXES = "CREATE INDEX exchanges_attempts ON exchanges_attempt (exchange_id, at);"


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0001_journal")]
    operations = [
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(PURGE, NO_PURGE),
        *ledger_table("Attempt", "exchanges_attempt", ATTEMPT, indexes=ATTEMPT_INDEXES),
        migrations.CreateModel(
            name="Attempt",
            fields=[("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "exchanges_attempt", "verbose_name": "tentative", "ordering": ["at", "id"]},
        ),
        migrations.AddField("client", "mllp_application", models.CharField(blank=True, default="", max_length=180, verbose_name="application HL7v2 (MSH-3)"), preserve_default=False),
        migrations.AddField("client", "mllp_facility", models.CharField(blank=True, default="", max_length=180, verbose_name="établissement HL7v2 (MSH-4)"), preserve_default=False),
        migrations.AddField("client", "mllp_port", models.PositiveIntegerField(blank=True, null=True, verbose_name="port d'écoute MLLP")),
        migrations.AlterField("client", "doors", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=DOORS, max_length=12), default=list, size=None, verbose_name="portes ouvertes")),
        migrations.AddConstraint("client", models.UniqueConstraint(
            condition=models.Q(("mllp_application", ""), _negated=True), fields=("mllp_application", "mllp_facility", "mllp_port"),
            name="client_mllp_once", nulls_distinct=False,
            violation_error_message="Cette application HL7v2 est déjà celle d'un autre logiciel sur ce port.")),
    ]
