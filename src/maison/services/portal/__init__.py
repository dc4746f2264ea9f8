"""PASS, the portal: what waits for a person, which services the house offers, and how to be let into one of them.

Words: *service* a room of the house or an outside site offered to the public; *storey* (étage) one of the three levels
of the Maison; *visible* its rules let this person see it; *open* this person may enter it now; *access request*
(demande d'accès) the way from one to the other.

Sources: DOMAIN §0.1 (levels of the Maison) and §4 (PASS-01 to PASS-06).
"""
