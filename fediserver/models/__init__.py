"""Rows as Structs, one for each table; fields stand in the order of the columns that queries select."""
