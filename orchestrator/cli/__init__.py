"""Arguments, exit codes and printing, one file for each group of verbs. Not: how anything is done."""
