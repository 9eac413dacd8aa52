"""The index: documents, articles and groups as relations, kept between runs. See `schema`."""
