"""CDA R2 documents as the French CI-SIS wants them: read, built, checked, shown to people, described for sharing.

`reader` turns bytes into a `Document`, `writer` a `Document` into bytes, `builder` and `templates` make new ones,
`checks` says what is wrong before one leaves, `html` and `text` show one, `xds` describes one for the DMP and MSSanté.
Sources: HL7 CDA R2; ANS CI-SIS, content models 2022.01 to 2024.01 (TestContenuCDA 3-0), read on 2026-11-25.
"""
