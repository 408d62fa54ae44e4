"""The index in LanceDB: two tables, whole documents in one commit, generations behind a link."""
