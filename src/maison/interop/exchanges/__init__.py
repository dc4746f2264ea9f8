"""The exchange journal: every message that enters or leaves the house by a machine door, kept to the byte.

Words: *exchange* (échange) one message through one door; *door* (porte) how it travelled; *client* software known to
the house; *identity* (channel, sender, distribution id), which makes a message count once; *to mend* (à réparer) what a
person must look at. Rules HUB-01, HUB-02, HUB-03, HUB-07 and HUB-08: bytes are committed before any acknowledgement,
never changed, encrypted at rest, and opened only by those who may, with a trace.
"""
