"""Parser children: separate processes that parse and redact, killed at their limits."""
