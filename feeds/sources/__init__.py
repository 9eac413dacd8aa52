"""Sources: the folders and object stores that documents are read from."""
