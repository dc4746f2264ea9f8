"""What is done to identities, one function for each act of the trade."""
