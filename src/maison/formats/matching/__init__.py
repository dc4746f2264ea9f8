"""Who may be who: a probabilistic comparison of identities that explains itself (« rapprochement d’identités »).

    identity     traits as they are compared            spelling, sounds, diminutives, places: what they rest on
    levels       how alike two values of a trait may be
    comparison   the level of each trait, for two identities
    model        what each level weighs; the three classes (one person, twins or siblings, strangers); the document
    explanation  the comparison told in French          rules: what the score never decides (INS)
    blocking     which identities are worth comparing

Those are pure Python and serve online. Whole files (`columns`, `candidates`, `vectors`, `scoring`, `training`, `linking`) need
the analytics set (numpy, duckdb) and are imported only where they serve. docs/matching.md tells the model in an hour.

    model = Model.from_json(text)
    comparison = model.compare(identity_of(traits), identity_of(other_traits))
    explain(model, comparison).summary
"""
