"""What is true and what should be done: values and pure functions.

No clock, no file, no socket; no library but attrs and immutables.
"""
