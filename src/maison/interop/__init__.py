"""The doors: wires, endpoints, exchange journal."""
