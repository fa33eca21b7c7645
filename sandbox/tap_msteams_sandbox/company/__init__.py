"""The company: its people, its teams, and what is written there; it knows no HTTP."""
