"""Webhooks: what is sent to subscribers, signed, and what a hub sends to us."""
