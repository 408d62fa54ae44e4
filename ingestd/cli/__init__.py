"""The command line: argv to app, then print, then exit code."""
