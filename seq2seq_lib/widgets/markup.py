"""Markup: HTML in which text is always escaped."""

import json
from html import escape
from xml.etree import ElementTree

from ..drawings import as_xml

NAMELESS = ("span", "div", "b")  # without a role these may have no name


class Html(str):
    """Text that is HTML already; every other text is escaped on its way into a drawing."""


def tag(name, *children, **attributes):
    """Make one HTML element.

    Args:
        name: of the element, for example `"td"`.
        children: what stands inside. `Html` goes in as it is, lists are flattened, None is left out, and all else
            is escaped.
        attributes: `class_` is written `class`, and `aria_label` `aria-label`. None and False leave an attribute out,
            True gives it an empty value, and a list or dictionary is written as JSON.

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
        value = ""
    if isinstance(value, (list, dict)):
        value = json.dumps(value)
    return f' {name}="{escape(str(value))}"'


def lifeless(html):
    """Take out what makes a drawing answer to keys, for a picture that nobody can move; the result is XML too.

    Raises:
        xml.etree.ElementTree.ParseError: an element of the drawing is not closed, or an attribute has no value.
    """
    root = ElementTree.fromstring(f"<div>{as_xml(html)}</div>")
    for element in root.iter():
        for name in list(element.attrib):
            if (name == "tabindex" or (name == "role" and element.get(name) != "img")
                    or (name.startswith("aria-") and name not in ("aria-label", "aria-hidden"))
                    or (name.startswith("data-") and name != "data-axis")):
                del element.attrib[name]
        if element.tag in NAMELESS and "role" not in element.attrib:
            element.attrib.pop("aria-label", None)
    inside = [ElementTree.tostring(child, "unicode", short_empty_elements=False) for child in root]
    return Html("".join([escape(root.text or "", quote=False), *inside]))
