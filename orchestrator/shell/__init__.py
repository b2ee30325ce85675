"""Where bytes come in and go out. Decides nothing; its parts do not know each other."""
