"""Coverage-guided fuzzing of every parser that reads what strangers send.

    make fuzz ARGS="--seconds 60"              all targets, one after the other
    make fuzz ARGS="connection --seconds 600"  one of them

`targets.py` and `connection.py` are plain functions from bytes to nothing that raise when a promise
is broken. `__main__.py` runs them under atheris; what it finds interesting is kept, minimised, in
`corpus/`, and `tests/fuzz` replays that without atheris.
"""
