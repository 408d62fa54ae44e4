"""The daemon: waits for changes, lets them settle, and asks for passes."""
