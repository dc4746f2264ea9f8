"""HL7 v2.x as French hospitals speak it: identities and movements, documents, imaging requests, identity queries.

    message = read_message(data)          # UnreadableMessage
    faults = validate(message)            # every fault, with its place (PID-3[2].4.2) and a French sentence
    admission = typed(message)            # an `Admission`, a `DocumentMessage`, ...; InvalidMessage(faults)

Reading is tolerant and keeps the bytes; writing is strict. In every typed value None is "not said" and "" is "erase
what you hold" (HL7's two double quotes). Places count repetitions from 1, as HL7 does.

Sources: HL7 2.5 to 2.6; IHE PAM national extension France 2.10 and 2.11 (Interop'Santé); ANS CI-SIS, transmission of CDA
documents in HL7v2 (2.1^CISIS_CDA_HL7_V2), MSSanté to local software (1.1^CISIS_CDA_HL7_LPS), téléradiologie
(1.0^CISIS_TLR_HL7_V2); IHE ITI PDQ and PIX.
"""
