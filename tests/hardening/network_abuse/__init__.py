"""Strangers at the page and in the broker's place: what they send, and what came of it."""
