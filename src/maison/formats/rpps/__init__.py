"""The public extraction of the RPPS (Annuaire Santé, ANS) and its mailbox directory, read by the names of their columns.

`PS_LibreAcces_Personne_activite` has had 52 then 56 columns, `|` between them and one more at the end of each line; columns come and go,
so only the names count. Sources: "Fichier des extractions en libre accès" (ANS), header of 8 October 2026; see `extraction.COLUMNS`.
"""
