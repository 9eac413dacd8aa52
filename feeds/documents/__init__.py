"""Documents: from text with front matter to an article, with errors that name line and field."""
