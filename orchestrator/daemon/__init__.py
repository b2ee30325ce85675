"""Composes everything and holds the only mutable state. Not: SQL, HTTP syntax, any kind by name.

memory      the world, the last looks, and what wants to be planned
reconcile   the loop of one node: plan, start what is due, sleep
intake      hooks in: verify, append, answer
operate     the control socket: read, and carry out verbs
load        documents in: compare with what was last good, append what is news
run         opens, starts, ends
"""
