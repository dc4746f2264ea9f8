"""Candidates for an identity among millions, in PostgreSQL (« recherche de rapprochements »).

Two tables of numbers and folded texts beside the identities, rewritten in the action that writes an identity:

    identity_matching_key      key bigint, identity uuid      primary key (key, identity)     about fifteen rows an identity
    identity_matching_traits   identity uuid primary key, folded text                         what is compared, in one line

`table` holds their shape and SQL, `search` asks them. No Django here: a bench makes the same tables in a bare database, and
the room's models take the same shape. See docs/matching.md.
"""
