from django.db import migrations

# The words of `interop.fhir.parameters.normal`: searches by name start here instead of reading whole tables.
NORMAL = "translate(lower({column}), 'àâäçéèêëîïôöùûüÿñ''’-', 'aaaceeeeiioouuuyn   ')"


def index(name: str, table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} (({NORMAL.format(column=column)}) text_pattern_ops)", f"DROP INDEX {name}"
    )


class Migration(migrations.Migration):
    dependencies = [("facilities", "0001_facilities")]
    operations = [
        index("facility_name_begins", "facilities_facility", "name"),
        index("facility_long_name_begins", "facilities_facility", "long_name"),
        index("facility_city_begins", "facilities_facility", "city"),
    ]
