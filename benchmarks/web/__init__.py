"""How fast ``stemma serve`` answers, and whether it stands many clients."""
