"""Identity: who may sign in at the sandbox, and by which ways Microsoft and others offer."""
