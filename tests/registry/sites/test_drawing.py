"""Drawings that somebody uploads: plans are kept, what could act is refused by name, and no file breaks the reader."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.sites.drawing import MAX_BYTES, SHAPES, SVG, DrawingRefused, DrawingTooLarge, clean_drawing

PLAN = f"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:inkscape="http://www.inkscape.org/x"
  viewBox="0 0 800 400" id="plan" inkscape:version="1.3">
  <title>一号院</title>
  <metadata><anything xmlns="urn:x">words</anything></metadata>
  <defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs>
  <!-- the wall -->
  <g transform="translate(10 20) rotate(3)" class="wall" style="fill:#eee; stroke: rgb(1,2,3);filter:url(#a)">
    <path d="M 0 0 L 700,0 V 300 z" fill="url(#a)"/>
    <rect x="1" y="2" width="30mm" height="4"/>
    <text x="5" y="9" font-family="'Noto Sans', sans-serif">门 &amp; &lt;岗亭&gt;<tspan dx="1 2">2</tspan></text>
  </g>
</svg>"""


def drawn(inside: str, *, attributes: str = "", before: str = "") -> bytes:
    return f'{before}<svg xmlns="{SVG}" viewBox="0 0 10 10" {attributes}>{inside}</svg>'.encode()


def test_shapes_and_words_stay_with_their_places_and_colours() -> None:
    drawing = clean_drawing(PLAN.encode())
    assert (drawing.width, drawing.height) == (800, 400)
    assert '<g transform="translate(10 20) rotate(3)" fill="#eee" stroke="rgb(1,2,3)">' in drawing.svg
    assert '<path d="M 0 0 L 700,0 V 300 z">' in drawing.svg
    assert "门 &amp; &lt;岗亭&gt;<tspan" in drawing.svg
    for gone in ("inkscape", "title", "words", "Gradient", "wall", "url", "class", "id="):
        assert gone not in drawing.svg
    assert clean_drawing(drawing.svg.encode()) == drawing


@pytest.mark.parametrize(
    ("inside", "fault", "thing"),
    [
        ("<script>alert(1)</script>", "element", "<script>"),
        ('<script href="https://x.example/a.js"/>', "element", "<script>"),
        ('<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>', "element", "<script>"),
        ("<metadata><script>1</script></metadata>", "element", "<script>"),
        ("<foreignObject><b/></foreignObject>", "element", "<foreignObject>"),
        ("<style>@import url(https://x.example)</style>", "element", "<style>"),
        ('<image href="https://x.example/a.png"/>', "element", "<image>"),
        ('<use href="#a"/>', "element", "<use>"),
        ('<a href="javascript:alert(1)"><text>x</text></a>', "element", "<a>"),
        ('<rect><animate attributeName="href" to="javascript:1"/></rect>', "element", "<animate>"),
        ('<rect><set attributeName="onclick" to="1"/></rect>', "element", "<set>"),
        ("<iframe/>", "element", "<iframe>"),
        ("<svg><rect/></svg>", "element", "<svg>"),
        ('<rect onclick="alert(1)"/>', "event", 'onclick="alert(1)"'),
        ('<rect ONLOAD="alert(1)"/>', "event", 'ONLOAD="alert(1)"'),
        ('<metadata onload="1"/>', "event", 'onload="1"'),
        ('<rect fill="url(https://x.example/a)"/>', "outside", 'fill="url(https://x.example/a)"'),
        ("<rect style=\"fill: u&#x0A;rl( 'http://x.example/')\"/>", "outside", None),
        ('<rect style="background:url(//x.example)"/>', "outside", None),
        ('<g href="https://x.example"/>', "outside", 'href="https://x.example"'),
        (
            '<g xmlns:l="http://www.w3.org/1999/xlink" l:href="java&#x09;script:alert(1)"/>',
            "event",
            None,
        ),
        ("<?xml-stylesheet href='https://x.example/a.css'?>", "instruction", "<?xml-stylesheet?>"),
        ('<path d="M0 0 &lt;script&gt;"/>', "unreadable_place", None),
        ('<g transform="expression(alert(1))"/>', "unreadable_place", None),
        ("<rect>", "unreadable", None),
        ("&nbsp;", "unreadable", None),
    ],
)
def test_what_could_act_or_cannot_be_read_is_refused_by_name(inside: str, fault: str, thing: str | None) -> None:
    with pytest.raises(DrawingRefused) as refused:
        clean_drawing(drawn(inside))
    assert refused.value.facts["fault"] == fault
    if thing is not None:
        assert refused.value.facts["thing"] == thing
        assert thing in refused.value.detail


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE svg>",
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x.example/svg11.dtd">',
        '<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % p SYSTEM "http://x.example/p"> %p;]>',
        f'<!DOCTYPE svg [<!ENTITY l0 "ha">{LAUGHS}]>',
    ],
)
def test_a_document_type_is_refused_before_any_of_its_entities_is_read(before: str) -> None:
    with pytest.raises(DrawingRefused) as refused:
        clean_drawing(drawn("<text>&l9;&f;</text>", before=before))
    assert refused.value.facts["fault"] == "doctype"


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ("", "no_size"),
        ('viewBox="0 0 0 5"', "no_size"),
        ('viewBox="0 0 nan 5"', "no_size"),
        ('viewBox="a"', "no_size"),
        ('width="inf" height="4"', "no_size"),
        ('viewBox="0 0 900 10"', "strip"),
    ],
)
def test_a_plan_says_how_large_it_is(size: str, fault: str) -> None:
    with pytest.raises(DrawingRefused) as refused:
        clean_drawing(f'<svg xmlns="{SVG}" {size}/>'.encode())
    assert refused.value.facts["fault"] == fault


def test_the_size_is_taken_where_there_is_no_view_box() -> None:
    drawing = clean_drawing(f'<svg xmlns="{SVG}" width="200mm" height="100mm"/>'.encode())
    assert (drawing.width, drawing.height) == (200, 100)


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n", b"<html/>", b"\x1f\x8b\x08", b"<svg/>", b"\xff\xfe<", b"<?xml?>"]
)
def test_what_is_no_svg_is_told_so(data: bytes) -> None:
    with pytest.raises(DrawingRefused) as refused:
        clean_drawing(data)
    assert refused.value.facts["fault"] == "unreadable"


def test_too_much_is_refused() -> None:
    for data in (b" " * (MAX_BYTES + 1), drawn("<g/>" * 20_001), drawn("<g>" * 100 + "</g>" * 100)):
        with pytest.raises(DrawingTooLarge):
            clean_drawing(data)


@pytest.mark.parametrize("place", ["1" * 500_000 + "!", "1 " * 200_000 + "!", "rotate(1) " * 60_000 + "!"])
@pytest.mark.parametrize("name", ["x", "width", "d", "points", "transform"])
def test_a_long_place_is_read_once(name: str, place: str) -> None:
    """A pattern that tries every way to read these would not come to an end."""
    with pytest.raises(DrawingRefused):
        clean_drawing(drawn(f'<text {name}="{place}"/>'))


_names = st.sampled_from([*SHAPES, "script", "style", "use", "image", "defs", "x", "a", "set"])
_attributes = st.dictionaries(
    st.sampled_from(["d", "x", "fill", "style", "href", "onload", "transform", "points", "font-family"]),
    st.text(alphabet="ab#(:;)'\"<>&0 ul/rjx\n", max_size=20),
    max_size=3,
)


@given(parts=st.lists(st.tuples(_names, _attributes, st.text(max_size=10)), max_size=8))
def test_whatever_comes_out_is_shapes_and_words_only(parts: list[tuple[str, dict[str, str], str]]) -> None:
    root = ET.Element(f"{{{SVG}}}svg", {"viewBox": "0 0 10 10"})
    for name, attributes, words in parts:
        child = ET.SubElement(root, f"{{{SVG}}}{name}", attributes)
        child.text = "".join(letter for letter in words if letter.isprintable())
    try:
        clean = clean_drawing(ET.tostring(root)).svg
    except DrawingRefused:
        return
    for element in list(ET.fromstring(clean).iter())[1:]:  # noqa: S314 - our own output
        assert element.tag.removeprefix(f"{{{SVG}}}") in SHAPES
        assert not any(re.search(r"url|script|^on", text) for pair in element.items() for text in pair)
