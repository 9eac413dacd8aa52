"""The config: its types, and how they are read from config.yaml."""
