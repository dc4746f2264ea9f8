"""Plays those who take letters: an operator of MSSanté (SMTP, IMAP, receipts) and the DMP (SOAP). Over real wires, with TLS.

    python -m maison_sandbox.letters --folder DIR --smtp 8005 --imap 8006 --dmp 8007
Nothing here is real: the authority, the mailboxes and the records live in DIR, to be looked at.
"""
