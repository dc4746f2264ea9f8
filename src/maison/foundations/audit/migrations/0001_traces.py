from django.db import migrations, models

import maison.foundations.ids
from maison.foundations.ledger import ledger_table, position_functions

COLUMNS = """
  subject varchar(64) NOT NULL, auth varchar(10) NOT NULL, user_id uuid, situation_id uuid, structure_id uuid,
  profession varchar(10) NOT NULL DEFAULT '', session varchar(40) NOT NULL DEFAULT '', exchange_id uuid,
  code varchar(60) NOT NULL, target_type varchar(60) NOT NULL DEFAULT '', target_id varchar(64) NOT NULL DEFAULT '',
  patient_id varchar(64) NOT NULL DEFAULT '', reason varchar(500) NOT NULL DEFAULT '',
  outcome varchar(10) NOT NULL, details jsonb NOT NULL DEFAULT '{}'
"""
INDEXES = """
CREATE INDEX audit_entry_subject ON audit_entry (subject, at);
CREATE INDEX audit_entry_target ON audit_entry (target_type, target_id, at);
CREATE INDEX audit_entry_patient ON audit_entry (patient_id, at) WHERE patient_id <> '';
"""
SEALS = """
CREATE TABLE audit_seal (
  number bigint PRIMARY KEY, sealed_at timestamptz NOT NULL DEFAULT now(),
  from_position bigint NOT NULL, to_position bigint NOT NULL, count integer NOT NULL,
  ids bytea NOT NULL, digests bytea NOT NULL, previous_hash bytea NOT NULL, hash bytea NOT NULL,
  CHECK (from_position < to_position)
);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit_seal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        position_functions(),
        *ledger_table("Entry", "audit_entry", COLUMNS, indexes=INDEXES),
        migrations.RunSQL(SEALS, "DROP TABLE audit_seal"),
        migrations.CreateModel(
            name="Entry",
            fields=[("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "audit_entry", "verbose_name": "trace", "ordering": ["position", "seq"]},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[("number", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "audit_seal", "verbose_name": "scellé", "ordering": ["number"]},
        ),
    ]
