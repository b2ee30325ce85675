"""The append-only log: what it promises (`log`), where it is kept (`memory`, `sqlite`), its chain.

Knows nothing of what events mean.
"""
