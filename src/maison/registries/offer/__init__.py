"""Offers and beds: what a unit takes in charge, how many beds it has left, who asks for one and who keeps it.

Words: *offer* (offre opérationnelle, UE) what a unit does, described by its structure, published by the regional manager; *version* one
description of it; *capacity* a count of beds with its status, source and moment; *report* what one source said at once; *promise*
(promesse de lit) a bed held for someone, with an owner, a countdown and a reason when it is given back. The house promises beds; the
ROR itself books none. Sources: ANS, ROR 3 (DOMAIN §3, annexes A and F); decision 0024.
"""
