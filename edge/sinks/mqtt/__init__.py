"""Answers for an MQTT broker."""
