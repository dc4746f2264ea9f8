"""The pages of the room: read the form, call one action or selector, answer."""
