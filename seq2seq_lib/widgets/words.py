"""Words: numbers as a reader reads them."""


def percent(p):
    """Write a probability coarsely: the last digits differ from machine to machine."""
    return ">99%" if p >= 0.995 else f"{p:.0%}" if p >= 0.01 else f"{p:.1%}" if p >= 0.001 else "<0.1%"


def plural(n, one, many=None):
    return f"{n} {one if n == 1 else many or one + 's'}"
