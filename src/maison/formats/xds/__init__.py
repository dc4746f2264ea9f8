"""Documents as they travel: XDS submissions (ebRIM), the XDM archive of MSSanté, the SOAP of the DMP, its VIHF token.

`ebrim` writes and reads a submission, `xdm` the archive, `mtom` and `soap` the message to the DMP and its answer, `vihf` the signed
token that says who asks. Sources: IHE ITI TF-2 (ITI-41, ITI-57), TF-3 chapter 4 (metadata), ITI-32 (XDM); CI-SIS, volets Partage,
Echange and Transport synchrone, as publicly known: their texts were not at hand (docs/letters.md says what is to confirm).
"""
