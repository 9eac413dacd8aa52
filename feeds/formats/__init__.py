"""Feed formats: feeds, outlines and sitemaps as bytes. Pure: values in, bytes out."""
