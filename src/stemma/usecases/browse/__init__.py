"""Look at a registry that stays open: what pages and their API show. Everything takes an open registry."""
