"""The pictures in the text of the lessons: the files are what the command makes, and the lessons say what they show."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from make_images import main

from seq2seq_lib.drawings import CARD, STOPS, Drawing, as_image, drawings, road_map

PROJECT = Path(__file__).parents[1]
IMAGES = PROJECT / "notebooks" / "images"

SVG = "{http://www.w3.org/2000/svg}"


def test_the_committed_pictures_are_what_the_command_makes(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "of_yesterday.svg").write_text("<svg/>")
    main(tmp_path / "images")
    made = {path.name: path.read_bytes() for path in (tmp_path / "images").iterdir()}
    assert made == {path.name: path.read_bytes() for path in IMAGES.iterdir()}, "make images"


@pytest.mark.parametrize("name", drawings())
def test_a_picture_is_a_light_card_with_large_type_and_says_what_it_shows(name):
    svg, alt = drawings()[name]
    root = ElementTree.fromstring(svg)
    card, *rest = root.findall(f"{SVG}rect")
    assert root.find(f"{SVG}title").text == alt and len(alt) > 60
    assert card.get("fill") == CARD and rest and "currentColor" not in svg
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (float(root.get("width")), float(root.get("height"))) == (width, height) and width <= 1080
    sizes = [float(node.get("font-size", root.get("font-size"))) for node in root.iter(f"{SVG}text")]
    assert sizes and min(sizes) * min(1, 980 / width) >= 14
    for node in root.iter(f"{SVG}text"):  # within the card, by the widest of usual fonts
        x, wide = float(node.get("x")) - left, 0.62 * float(node.get("font-size", 16)) * len(node.text)
        start = {"start": x, "middle": x - wide / 2}[node.get("text-anchor")]
        assert 0 <= start and start + wide <= width, node.text


@pytest.mark.parametrize("stop", STOPS)
def test_one_stop_of_a_road_map_is_lit(stop):
    root = ElementTree.fromstring(road_map(stop).svg)
    assert [node.text for node in root.iter(f"{SVG}text")] == list(STOPS)
    assert [node.text for node in root.iter(f"{SVG}text") if node.get("font-weight") == "bold"] == [stop]
    assert road_map(stop).alt.endswith(f"This lesson's stop is {stop}.")


def test_a_stop_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'beam'; take one of 'text', 'batches'"):
        road_map("beam")


def test_an_svg_becomes_an_image_that_holds_it():
    image = as_image(*Drawing('<svg xmlns="http://www.w3.org/2000/svg"/>', 'a "circle" <eos>'))
    data = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
    assert image == f'<img alt="a &quot;circle&quot; &lt;eos&gt;" src="data:image/svg+xml;base64,{data}">'
