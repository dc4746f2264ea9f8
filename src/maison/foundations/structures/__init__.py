"""Who belongs where: the agency, legal entities (EJ), sites (EG), their services, and the situations d'exercice of people.

Words: *structure* any of them; *lineage* a structure and all that contains it; *situation d'exercice* a person's
post in a structure (MOS/NOS model). What the region knows of a site (offer, beds, hours) is in `registries`.
"""
