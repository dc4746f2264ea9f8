"""Letters: a clinical document (CDA) that a hospital sends in HL7v2 goes to the mailboxes of MSSanté and to the DMP, and people follow it.

Words: *letter* (courrier) one document of one message; *leg* (trajet) its way to one kind of recipient, `mssante` or `dmp`;
*sending* (envoi) one document to one mailbox or to one record, which happens once whatever happens to the machine.
Rules: DOMAIN §10 (MSS-01 to MSS-08), §11 (DOC-01 to DOC-04), HUB-05. Why it is so: docs/decisions/0021.
"""

MSSANTE, DMP = "mssante", "dmp"
