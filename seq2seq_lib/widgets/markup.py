"""Markup: HTML in which text is always escaped."""

import json
import re
from html import escape


class Html(str):
    """Text that is HTML already; every other text is escaped on its way into a drawing."""


def tag(name, *children, **attributes):
    """Make one HTML element.

    Args:
        name: of the element, for example `"td"`.
        children: what stands inside. `Html` goes in as it is, lists are flattened, None is left out, and all else
            is escaped.
        attributes: `class_` is written `class`, and `aria_label` `aria-label`. None and False leave an attribute out,
            True gives it no value, and a list or dictionary is written as JSON.

    Returns:
        `Html`.
    """
    return Html(f"<{name}{''.join(map(_attribute, attributes, attributes.values()))}>{join(children)}</{name}>")


def join(children):
    """Put texts and `Html` one behind the other, as `Html`."""
    parts = []
    for child in children:
        if isinstance(child, (list, tuple)):
            parts.append(join(child))
        elif child is not None:
            parts.append(child if isinstance(child, Html) else escape(str(child)))
    return Html("".join(parts))


def _attribute(name, value):
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if isinstance(value, (list, dict)):
        value = json.dumps(value)
    return f' {name}="{escape(str(value))}"'


def lifeless(html):
    """Take out what makes a drawing answer to keys, for a picture that nobody can move."""
    dead = r' (?:tabindex|role(?!="img")|aria-(?!label|hidden)[a-z]+|data-(?!axis)[a-z-]+)(?:="[^"]*")?(?=[ >])'
    nameless = r'(<(?:span|div|b)\b(?![^>]* role=)[^>]*?) aria-label="[^"]*"'  # what has no role may have no name
    return Html(re.sub(nameless, r"\1", re.sub(dead, "", html)))
