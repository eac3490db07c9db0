"""Background loops: state and leases live in rows, so that a worker that dies is simply replaced."""
