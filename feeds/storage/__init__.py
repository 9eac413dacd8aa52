"""Where things are kept: SQLite, PostgreSQL and object stores, and notices of changes."""
