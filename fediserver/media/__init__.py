"""The only place that decodes and keeps files: pictures, their blurhashes, and the folder they lie in."""
