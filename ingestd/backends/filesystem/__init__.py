"""The local file system below the roots of sources."""
