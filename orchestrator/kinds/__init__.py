"""One file for each kind of resource: its fields, its REST methods, its quirks.

Pure; kinds do not know each other.
"""
