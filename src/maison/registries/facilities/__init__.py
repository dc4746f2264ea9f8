"""What the region knows of its structures: legal entities (EJ) and establishments (EG), from FINESS and SIRENE.

Words: *EJ* legal entity, *EG* geographical establishment; both bear nine-character FINESS numbers of the same form, so the kind is always
kept beside. `foundations.structures` says who belongs where in the house; this room says what exists outside of it.
Sources: FINESS extracts (DREES) and FINESS+ (ANS), SIRENE stock files (INSEE); REF-01 to REF-08 of DOMAIN.
"""
