"""Reference data: identity, professionals, facilities, offer, terminology."""
