"""The judge of a trial. It shares no code with the daemon, and knows of it what documents promise.

All it reads is the log's rows, the emulator's journal, and the disk's own notes on how far the log
was at which entry of the journal.
"""
