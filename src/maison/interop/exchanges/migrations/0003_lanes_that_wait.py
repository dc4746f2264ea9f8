from django.db import migrations

# The few messages that failed on our side: the integrator passes over their lanes before it chooses what to do.
INDEX = """
CREATE INDEX exchanges_retrying ON exchanges_exchange (next_attempt_at, lane) WHERE state = 'received' AND attempts > 0
"""


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0002_patient_keys_attempts_and_purge")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX exchanges_retrying")]
