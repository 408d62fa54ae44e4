"""The verbs: Protocols for everything the lanes need from outside."""
