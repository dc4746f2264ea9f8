"""The two outside systems that take letters: an operator of MSSanté and the DMP. Chosen in settings; both are over real wires."""
