"""Who practises, where and as what: the professionals of the RPPS, their activities, skills, diplomas and secure mailboxes.

Words: *IdNat_PS* the national identifier (8 + RPPS, 0 + ADELI); *activity* one way of practising in one place (situation d'exercice);
*skill* savoir-faire; *mailbox* BAL MSSanté. What comes from the RPPS is never typed here, and no account is made of it: a person enters the house
with Pro Santé Connect. An activity that is closed ends the rights that hung on it (REF-03).
"""
