from django.db import migrations

# The words of `interop.fhir.parameters.normal`: searches by name start here instead of reading whole tables.
NORMAL = "translate(lower({column}), 'àâäçéèêëîïôöùûüÿñ''’-', 'aaaceeeeiioouuuyn   ')"


def index(name: str, table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} (({NORMAL.format(column=column)}) text_pattern_ops)", f"DROP INDEX {name}"
    )


class Migration(migrations.Migration):
    dependencies = [("professionals", "0001_professionals")]
    operations = [
        index("professional_name_begins", "professionals_professional", "name"),
        index("professional_first_name_begins", "professionals_professional", "first_name"),
    ]
