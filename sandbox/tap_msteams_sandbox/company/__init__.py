"""The company: its people, teams and messages, without any HTTP."""
