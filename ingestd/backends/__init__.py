"""What does the work outside: one package per technology, none importing another."""
