# The usual tasks. `just --list` shows them; each is one line that you can also type.

# Create the environment with everything that the tests need
setup:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]'

# Run the tests; pass pytest's arguments after the name
test *arguments:
    .venv/bin/pytest {{ arguments }}

# Change the pure modules on purpose and count which changes the tests notice; pass groups, such as `text web`
mutants *groups:
    .venv/bin/pip install -q -e '.[dev,mutants]' && .venv/bin/python tools/mutants.py --unnoticed {{ groups }}

# Format, lint and check types
check:
    .venv/bin/ruff format . && .venv/bin/ruff check . && .venv/bin/mypy

# Export seeds/ to dist/ and serve it
serve:
    .venv/bin/feeds export && .venv/bin/feeds serve

# Do what CI does
ci:
    .ci/run
