"""Publishing: write a site to folders, object stores and static hosts."""
