"""The identity ledger: the identity under which each article was first published, kept in a text file under version control."""
