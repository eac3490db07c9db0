"""Text as people type it, as servers send it and as readers see it: pure functions, no input or output."""
