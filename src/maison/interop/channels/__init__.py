"""Integration channels as versioned configuration, and the map of the flows (DOMAIN §12, HUB-01 to HUB-09).

Words: *channel* (canal) a way from one source to some targets; *version* (version) its configuration at one moment, as a
text that can be reviewed; *passage* (passage) one message going through a channel; *delivery* (remise) what a passage owes
one target; *lane* (file) the messages that must keep their order; *mapping table* (table de correspondance) the only way
a clinical field is ever changed; *desk* (bureau) the people who can mend a message, chosen by the reason of its refusal.
The language of channels (paths, conditions, steps, text form, engine) knows neither Django nor the database.
"""
