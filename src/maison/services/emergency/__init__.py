"""The emergency chain: regulation cases (dossiers de régulation médicale, DRM) and the walls of receiving services (TUCS).

Words: *case* a DRM as the Hub Santé tells it (RS-EDA and its updates); *arrival* one patient announced to one receiving
service (a line of the TUCS, tableau des urgences); *resource* an engaged vehicle and its crew; *wall* the board a
service watches. The software that owns a case (the SAMU's LRM) is its authority: what its messages say is kept, and
the state of a case is the fold of all its messages in the order they were sent, whatever order they arrived in.
Sources: SAMU-Hub models 26.07.29; DOMAIN §5.1 and §5.2 (URG-01, URG-02, F5.3, F5.4).
"""
