"""A Web Call Server that is not one: hooks, REST with its quirks, clients, faults.

It is an independent witness: it shares no code with the rest of the project and knows none of it.
"""
