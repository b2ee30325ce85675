"""A Web Call Server that is not one: hooks, REST with its quirks, clients, faults. Knows nothing of the rest of the project."""
