"""What can go wrong while a zoo is built."""


class ZooError(Exception):
    """A specimen cannot be made as its recipe says; the message gives what was got and what was expected."""
