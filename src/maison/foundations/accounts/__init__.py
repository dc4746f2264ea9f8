"""People's accounts and their sessions: Pro Santé Connect first, local accounts with a second factor for the others.

The account key is the national identifier (IdNat_PS), never the e-mail address (PASS-01).
"""
