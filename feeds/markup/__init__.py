"""Bodies of articles: from Markdown or HTML to sanitised HTML."""
