"""Pages for people: HTML templates, stylesheets and scripts, and how they are rendered."""
