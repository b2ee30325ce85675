"""Arguments, exit codes and printing, one file for a group of verbs. Not: how things are done."""
