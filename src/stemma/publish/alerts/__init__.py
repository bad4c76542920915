"""Alerts for people and machines: tables, JSON, SARIF, feeds, and the messages that webhooks carry."""
