"""The only place with SQL: one text for SQLite and PostgreSQL, one module for each noun."""
