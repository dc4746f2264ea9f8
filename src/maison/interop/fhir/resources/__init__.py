"""The resources the façade serves by itself: those of the generic store, and those of foundations that have no wire of their own."""
