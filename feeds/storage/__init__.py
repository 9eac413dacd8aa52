"""Storage: SQLite, PostgreSQL and object stores, and notices of changes."""
