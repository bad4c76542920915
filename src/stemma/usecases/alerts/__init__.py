"""Alerts: raised in the transaction that caused them, matched with subscriptions, delivered, listed."""
