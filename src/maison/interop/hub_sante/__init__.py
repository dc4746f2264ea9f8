"""The Hub Santé: emergency messages (15-15, 15-SMUR, 15-GPS, SAS) in EDXL-DE envelopes, through three doors.

Doors: HTTPS with a key (software without a broker), HTTPS with a certificate, AMQP 0-9-1 (queues `{client}.message`,
`.ack`, `.info`; exchange `hubsante`). One way in (`intake`), one integration in the order of each case
(`integration`), one way out (`outbound`). Sources: SAMU-Hub-Modeles 26.07.29 (ANS), SPECS §2.3, DOMAIN §5.1 and §12.
"""

CHANNEL = "hub-sante"
