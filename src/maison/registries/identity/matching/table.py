"""Shape and SQL of the tables of matching. Every value is an argument; names are constants of this file."""

from __future__ import annotations

from maison.formats.matching.blocking import keys_of
from maison.formats.matching.identity import Identity, packed

KEYS, TRAITS = "identity_matching_key", "identity_matching_traits"
ROWS_OF_A_KEY = 20
"""Read at most for each key: rows of a fuller one say little, and a search never costs more. (Seen: 60 finds nobody else.)"""
CANDIDATES = 12
"""Identities that share most keys, which are then compared; ten are answered at most."""

CREATE_KEYS = f"CREATE TABLE {KEYS} (key bigint NOT NULL, identity uuid NOT NULL)"
INDEX_KEYS = f"ALTER TABLE {KEYS} ADD CONSTRAINT {KEYS}_pk PRIMARY KEY (key, identity)"
CREATE_TRAITS = f"CREATE TABLE {TRAITS} (identity uuid NOT NULL, folded text NOT NULL)"
INDEX_TRAITS = f"ALTER TABLE {TRAITS} ADD CONSTRAINT {TRAITS}_pk PRIMARY KEY (identity)"
INDEX_IDENTITY = f"CREATE INDEX {KEYS}_identity ON {KEYS} (identity)"
"""For the rewriting of the keys of one identity; the search does not use it."""

FIND = f"""
    SELECT found.identity, traits.folded FROM (
        SELECT near.identity, count(*) AS shared
        FROM unnest(%s::bigint[]) AS asked (key)
        CROSS JOIN LATERAL (SELECT identity FROM {KEYS} WHERE key = asked.key LIMIT {ROWS_OF_A_KEY}) AS near
        GROUP BY near.identity ORDER BY shared DESC LIMIT {CANDIDATES}
    ) AS found JOIN {TRAITS} AS traits USING (identity)"""  # noqa: S608
"""Argument: the keys. Rows: identity, folded traits; those that share most keys, in no order among them."""

FORGET = f"DELETE FROM {KEYS} WHERE identity = %s"  # noqa: S608
WRITE_KEYS = f"INSERT INTO {KEYS} (key, identity) SELECT key, %s FROM unnest(%s::bigint[]) AS key"  # noqa: S608
WRITE_TRAITS = f"""
    INSERT INTO {TRAITS} (identity, folded) VALUES (%s, %s)
    ON CONFLICT (identity) DO UPDATE SET folded = excluded.folded"""  # noqa: S608


def rows_of(identity: Identity) -> tuple[list[int], str]:
    """What the two tables hold for an identity: its keys and its folded line."""
    return keys_of(identity), packed(identity)
