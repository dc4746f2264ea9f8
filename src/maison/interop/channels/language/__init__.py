"""What a channel says and how it is applied to a message: pure functions, no Django, no network, no clock of their own."""
