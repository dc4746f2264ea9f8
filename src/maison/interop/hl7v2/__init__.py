"""HL7 v2 by MLLP: hospitals' messages in, acknowledged once they are on disk; the house's messages out.

Words: *application* (MSH-3) and *facility* (MSH-4) say who sends; *control id* (MSH-10) names a message; *barrier* a message
about two patients (merge), which waits for both and makes both wait. Rules HUB-01 to HUB-04, F12.1 and F12.2.
Sources: HL7 2.5.1 chapter 2 and appendix C; IHE PAM France 2.11.
"""

CHANNEL = "hl7v2"
CONTENT_TYPE = "x-application/hl7-v2+er7"
