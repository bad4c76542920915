"""What surrounds every request: plain ASGI, one file for each concern."""
