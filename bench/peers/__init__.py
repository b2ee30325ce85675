"""What we are measured against: each a program of its own, doing the same work by usual means."""
