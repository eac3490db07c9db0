"""The load generator and the budgets: `python -m bench`, see README.md."""
