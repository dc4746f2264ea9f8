import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import maison.foundations.ids
from maison.foundations.ledger import ledger_table, position_functions

DOORS = [("http", "HTTPS, clé"), ("https-mtls", "HTTPS, certificat"), ("amqp", "AMQP"), ("mailbox", "Boîte à relever (HTTPS)")]

COLUMNS = """
  direction varchar(3) NOT NULL, channel varchar(30) NOT NULL, door varchar(12) NOT NULL, client_id uuid,
  sender varchar(200) NOT NULL DEFAULT '', recipients text[] NOT NULL DEFAULT '{}',
  distribution_id varchar(300) NOT NULL DEFAULT '', kind varchar(12) NOT NULL DEFAULT '',
  status varchar(12) NOT NULL DEFAULT '', message_type varchar(40) NOT NULL DEFAULT '',
  case_ref varchar(200) NOT NULL DEFAULT '', content_type varchar(80) NOT NULL DEFAULT '',
  size integer NOT NULL, sha256 varchar(64) NOT NULL DEFAULT '',
  state varchar(12) NOT NULL, state_at timestamptz NOT NULL DEFAULT now(), attempts smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(), lane varchar(300) NOT NULL DEFAULT '',
  fault_code varchar(20) NOT NULL DEFAULT '', faults jsonb NOT NULL DEFAULT '[]', note varchar(300) NOT NULL DEFAULT '',
  step varchar(12) NOT NULL DEFAULT '', confirmed_step varchar(12) NOT NULL DEFAULT '',
  correlation varchar(300) NOT NULL DEFAULT '', answers uuid, needs_mending boolean NOT NULL DEFAULT false,
  relay_id uuid, history jsonb NOT NULL DEFAULT '[]',
  CHECK (direction IN ('in', 'out')),
  CHECK (state IN ('received', 'integrated', 'waiting', 'kept', 'duplicate', 'refused')
         OR (direction = 'out' AND state IN ('to_send', 'sent', 'acknowledged', 'failed')))
"""
INDEXES = """
CREATE INDEX exchanges_to_integrate ON exchanges_exchange (lane, seq) WHERE state = 'received';
CREATE INDEX exchanges_arrivals ON exchanges_exchange (seq) WHERE state = 'received';
CREATE INDEX exchanges_to_send ON exchanges_exchange (door, lane, seq) WHERE state IN ('to_send', 'sent') AND direction = 'out';
CREATE INDEX exchanges_waiting ON exchanges_exchange (case_ref) WHERE state = 'waiting';
CREATE INDEX exchanges_mending ON exchanges_exchange (client_id, fault_code) WHERE needs_mending;
CREATE INDEX exchanges_case ON exchanges_exchange (case_ref, seq) WHERE case_ref <> '';
CREATE INDEX exchanges_answers ON exchanges_exchange (answers) WHERE answers IS NOT NULL;
CREATE INDEX exchanges_listing ON exchanges_exchange (seq DESC);
CREATE INDEX exchanges_last ON exchanges_exchange (door, direction, at DESC);
"""
KEEP = """
CREATE FUNCTION exchanges_keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.at, OLD.seq, OLD.direction, OLD.channel, OLD.door, OLD.sender, OLD.recipients, OLD.distribution_id, OLD.size, OLD.sha256)
     IS DISTINCT FROM
     (NEW.id, NEW.at, NEW.seq, NEW.direction, NEW.channel, NEW.door, NEW.sender, NEW.recipients, NEW.distribution_id, NEW.size, NEW.sha256)
  THEN RAISE EXCEPTION 'an exchange keeps what identifies it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER keep_identity BEFORE UPDATE ON exchanges_exchange FOR EACH ROW EXECUTE FUNCTION exchanges_keep_identity();
CREATE TRIGGER refuse_delete BEFORE DELETE ON exchanges_exchange FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON exchanges_exchange FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""
# The body is already compressed: PostgreSQL keeps it aside as it is.
BODY = "ALTER TABLE exchanges_payload ALTER COLUMN body SET STORAGE EXTERNAL"

UNMANAGED_ID = [("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False))]


class Migration(migrations.Migration):
    initial = True
    dependencies = [("structures", "0001_structures")]
    operations = [
        position_functions(),
        *ledger_table("Exchange", "exchanges_exchange", COLUMNS, indexes=INDEXES, append_only=False),
        migrations.RunSQL(KEEP, "DROP FUNCTION exchanges_keep_identity() CASCADE"),
        *ledger_table("Payload", "exchanges_payload", "body bytea NOT NULL"),
        migrations.RunSQL(BODY, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Exchange",
            fields=UNMANAGED_ID,
            options={"managed": False, "db_table": "exchanges_exchange", "verbose_name": "échange", "ordering": ["-seq"]},
        ),
        migrations.CreateModel(
            name="Payload",
            fields=[("id", models.UUIDField(editable=False, primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "exchanges_payload", "verbose_name": "contenu d'échange"},
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.UUIDField(default=maison.foundations.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("client_id", models.CharField(help_text="par exemple fr.health.samu310", max_length=55, unique=True, verbose_name="identifiant")),
                ("name", models.CharField(max_length=200, verbose_name="nom")),
                ("key_hash", models.CharField(blank=True, max_length=64, verbose_name="empreinte de la clé")),
                ("certificate_fingerprint", models.CharField(blank=True, max_length=64, verbose_name="empreinte SHA-256 du certificat")),
                ("certificate_subject", models.CharField(blank=True, max_length=300, verbose_name="sujet du certificat")),
                ("doors", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=DOORS, max_length=12), default=list, size=None, verbose_name="portes ouvertes")),
                ("active", models.BooleanField(default=True, verbose_name="actif")),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="déclaré le")),
                ("structure", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="structures.structure", verbose_name="structure")),
            ],
            options={
                "verbose_name": "logiciel",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("key_hash", ""), _negated=True), fields=("key_hash",), name="client_key_once", violation_error_message="Cette clé est déjà celle d'un autre logiciel."),
                    models.UniqueConstraint(condition=models.Q(("certificate_fingerprint", ""), _negated=True), fields=("certificate_fingerprint",), name="client_certificate_once", violation_error_message="Ce certificat est déjà celui d'un autre logiciel."),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="échange")),
                ("at", models.DateTimeField(verbose_name="le")),
                ("channel", models.CharField(max_length=30, verbose_name="canal")),
                ("sender", models.CharField(max_length=200, verbose_name="émetteur")),
                ("distribution_id", models.CharField(max_length=300, verbose_name="identifiant de diffusion")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
            ],
            options={
                "verbose_name": "identité d'échange",
                "constraints": [models.UniqueConstraint(fields=("channel", "sender", "distribution_id"), name="exchange_identity_once")],
            },
        ),
        migrations.CreateModel(
            name="KeyFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=64, verbose_name="empreinte de l'origine")),
                ("minute", models.DateTimeField()),
                ("count", models.IntegerField(default=1)),
            ],
            options={
                "verbose_name": "clé refusée",
                "constraints": [models.UniqueConstraint(fields=("origin", "minute"), name="key_failure_once")],
            },
        ),
    ]
