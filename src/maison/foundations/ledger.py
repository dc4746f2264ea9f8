"""What the append-only tables of the house share: month partitions, refusal of change, and a safe reading order.

A row of a ledger carries `position` (the number of the transaction that wrote it, shifted so that it survives a
restore on a new cluster) and `seq` (its rank). A transaction that commits late has a position below the watermark's
successor, so readers that stop at `watermark()` never skip it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, migrations, transaction

POSITION_SQL = """
CREATE TABLE IF NOT EXISTS ledger_epoch (one boolean PRIMARY KEY DEFAULT true CHECK (one), shift bigint NOT NULL);
INSERT INTO ledger_epoch (shift) VALUES (0) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION ledger_position() RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT pg_current_xact_id()::text::bigint + (SELECT shift FROM ledger_epoch)';
CREATE OR REPLACE FUNCTION ledger_watermark() RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT shift FROM ledger_epoch)';
CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END$$;
"""


def first_of_month(day: date, offset: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)


def create_month(table: str, month: date) -> None:
    """The partition of `table` for the month that begins on `month`, if it does not stand yet."""
    name = f"{table}_{month:%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0]:
            return
        # Identifiers come from code and dates, never from a request.
        cursor.execute(
            f'CREATE TABLE "{name}" PARTITION OF "{table}" FOR VALUES FROM (%s) TO (%s)',
            [month.isoformat(), first_of_month(month, 1).isoformat()],
        )


def partitioned_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def create_coming_months(today: date | None = None, months: int = 3) -> None:
    """Partitions for this month and the next ones; the default partition only catches what nobody foresaw."""
    today = today or datetime.now(ZoneInfo("Europe/Paris")).date()
    for table in partitioned_tables():
        for offset in range(months + 1):
            create_month(table, first_of_month(today, offset))


def watermark() -> int:
    """Every row with a smaller position is committed or will never be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_watermark()")
        return int(cursor.fetchone()[0])


def highest_position() -> int:
    """The highest position written anywhere: rows of ledgers, cursors of readers, seals of traces."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND data_type = 'bigint' "
            "AND column_name IN ('position', 'to_position')"
        )
        parts = [f'SELECT max("{column}") AS p FROM "{table}"' for table, column in cursor.fetchall()]  # noqa: S608 -- names of ours
        if not parts:
            return 0
        cursor.execute(f"SELECT coalesce(max(p), 0) FROM ({' UNION ALL '.join(parts)}) known")  # noqa: S608
        return int(cursor.fetchone()[0])


def keep_positions_growing() -> int:
    """After a restore on a cluster whose transaction numbers are lower, shift them; returns the shift in force.

    Called whenever a base is made ready and when a worker starts; nothing changes on a base that was not restored.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT shift FROM ledger_epoch FOR UPDATE")
        shift = int(cursor.fetchone()[0])
        highest = highest_position()
        cursor.execute("SELECT ledger_position()")
        behind = highest - int(cursor.fetchone()[0])
        if behind > 0:
            shift += behind
            cursor.execute("UPDATE ledger_epoch SET shift = %s", [shift])
        return shift


def _install(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(POSITION_SQL, params=None)  # its % is not a placeholder


def position_functions() -> migrations.RunPython:
    """To stand first in the migration of every ledger."""
    return migrations.RunPython(_install, migrations.RunPython.noop)


def ledger_table(model: str, table: str, columns: str, *, indexes: str = "", append_only: bool = True) -> list[Any]:
    """Operations that create a table partitioned by month on `at`, with its order and, by default, no change allowed."""
    refuse = (
        f'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();"
        f'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();"
        if append_only
        else ""
    )
    sql = f"""
    CREATE SEQUENCE "{table}_seq";
    CREATE TABLE "{table}" (
      id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now(),
      position bigint NOT NULL DEFAULT ledger_position(),
      seq bigint NOT NULL DEFAULT nextval('{table}_seq'),
      {columns},
      PRIMARY KEY (id, at)
    ) PARTITION BY RANGE (at);
    ALTER SEQUENCE "{table}_seq" OWNED BY "{table}".seq;
    CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT;
    CREATE INDEX "{table}_order" ON "{table}" (position, seq);
    {indexes}
    {refuse}
    """

    def months(apps: Any, schema_editor: Any) -> None:
        today = datetime.now(ZoneInfo("Europe/Paris")).date()
        for offset in range(-1, 4):
            create_month(table, first_of_month(today, offset))

    return [
        migrations.RunSQL(sql, f'DROP TABLE "{table}" CASCADE'),
        migrations.RunPython(months, migrations.RunPython.noop),
    ]
