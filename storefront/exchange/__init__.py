"""One reader and writer for each catalogue file format."""
