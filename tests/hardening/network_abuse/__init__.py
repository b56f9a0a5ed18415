"""Attacks of the live page and of the MQTT connection by other clients, and their counts."""
