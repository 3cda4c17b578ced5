"""Proofs: the claims that a lesson's prose makes about its outputs, tried out by the lesson itself."""


def prove(claims, only_if=True):
    """Try the claims of a section and print one line, or a line for each claim that fails. It never raises.

    A reader who has changed a setting reads which claims of the text no longer hold, and goes on; a test that compares
    the line finds the same.

    Args:
        claims: a dictionary from each claim, a sentence, to a function without arguments that tells if it holds.
        only_if: False where the claims are about other settings than these; then a line says that they are skipped.
    """
    if not only_if:
        print(f"○ {len(claims)} claims about the settings of the course were skipped: these are others")
        return
    failed = [reason for claim, holds in claims.items() if (reason := _why_not(claim, holds))]
    for reason in failed:
        print(f"✗ {reason}")
    if not failed:
        count = len(claims)
        print(f"✓ {count} claim{'s' if count > 1 else ''} of this section hold{'s' if count == 1 else ''}")


def _why_not(claim, holds):
    """Return the claim, if it fails, with the error that it raised, if it did; else an empty text."""
    try:
        return "" if holds() else claim
    except Exception as error:  # such as a KeyError, where another setting has made other rows
        return f"{claim} (it could not be tried: {type(error).__name__})"
