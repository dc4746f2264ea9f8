import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import maison.foundations.ids
from maison.foundations.ledger import position_functions

STORE = """
CREATE TABLE fhir_resource (
  pk uuid PRIMARY KEY, type text NOT NULL, id text NOT NULL, version integer NOT NULL, updated_at timestamptz NOT NULL,
  deleted boolean NOT NULL DEFAULT false, structure_id uuid NOT NULL REFERENCES structures_structure (id) DEFERRABLE INITIALLY DEFERRED,
  patient text NOT NULL DEFAULT '', tokens text[] NOT NULL DEFAULT '{}',
  UNIQUE (type, id),
  CHECK (version > 0), CHECK (id ~ '^[A-Za-z0-9.-]{1,64}$')
);
CREATE INDEX fhir_resource_tokens ON fhir_resource USING gin (tokens) WITH (fastupdate = off);
CREATE INDEX fhir_resource_newest ON fhir_resource (type, pk DESC) WHERE NOT deleted;
CREATE INDEX fhir_resource_updated ON fhir_resource (type, updated_at);
CREATE TABLE fhir_version (
  pk uuid NOT NULL, version integer NOT NULL, type text NOT NULL, id text NOT NULL, at timestamptz NOT NULL,
  method text NOT NULL, author text NOT NULL, body text NOT NULL,
  PRIMARY KEY (pk, version)
);
CREATE INDEX fhir_version_type ON fhir_version (type, at DESC, pk, version);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON fhir_version FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON fhir_version FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON fhir_resource FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TABLE fhir_text (pk uuid NOT NULL, key text NOT NULL, value text NOT NULL, exact text NOT NULL);
CREATE INDEX fhir_text_value ON fhir_text (key, value text_pattern_ops);
CREATE INDEX fhir_text_pk ON fhir_text (pk);
CREATE TABLE fhir_range (pk uuid NOT NULL, key text NOT NULL, low float8 NOT NULL, high float8 NOT NULL, unit text NOT NULL);
CREATE INDEX fhir_range_low ON fhir_range (key, low);
CREATE INDEX fhir_range_high ON fhir_range (key, high);
CREATE INDEX fhir_range_pk ON fhir_range (pk);
ALTER TABLE fhir_version ALTER COLUMN body SET COMPRESSION pglz;
"""
GONE = "DROP TABLE fhir_range, fhir_text, fhir_version, fhir_resource"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("structures", "0001_structures"), ("exchanges", "0001_journal")]
    operations = [
        position_functions(),
        migrations.RunSQL(STORE, GONE),
        migrations.CreateModel(
            name="Software",
            fields=[
                ("client", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="fhir", serialize=False, to="exchanges.client", verbose_name="logiciel")),
                ("keys", models.JSONField(default=list, verbose_name="clés publiques (JWKS)")),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), default=list, size=None, verbose_name="portées admises")),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"verbose_name": "logiciel FHIR"},
        ),
        migrations.CreateModel(
            name="Assertion",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={"verbose_name": "preuve de client déjà présentée"},
        ),
        migrations.CreateModel(
            name="Definition",
            fields=[
                ("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("url", models.CharField(max_length=300)),
                ("version", models.CharField(blank=True, max_length=60)),
                ("package", models.CharField(blank=True, max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.JSONField()),
                ("loaded_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"verbose_name": "définition FHIR", "ordering": ["kind", "url", "version"]},
        ),
        migrations.AddConstraint(
            model_name="definition",
            constraint=models.UniqueConstraint(fields=("kind", "url", "version"), name="fhir_definition_once"),
        ),
    ]
