"""HTML and RTF: what a person sees of them arrives, images become files, and nothing makes a converter stumble."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.images import LIMIT, TOO_LARGE
from processors.transform import MappingTransform
from schemas.mapping import MappingError, parse_mapping
from schemas.mapping.richtext import (
    PICTURES,
    TOO_DEEP,
    UNUSABLE_RTF,
    escaped,
    html_markdown,
    html_text,
    images,
    rtf_text,
)
from schemas.mapping.values import AdjustedError, UnusableError
from schemas.records import Operation, Part, RecordChange, Unit, Value, Version, Write
from tests.tiny import HEAD

PNG = "data:image/png;base64," + base64.b64encode(b"picture").decode()
MAPPING = (
    HEAD
    + """\
images_from: [Files.clinic.test]
twenty: {note: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}, plain: {type: TEXT, label: Plain}}}}
objects:
  note:
    source: {relation: notes, key: [id]}
    parts:
      - target: note
        fields:
          bodyV2: {from: body, as: html}
          plain: {from: body, as: html}
          createdAt: written
"""
)


@pytest.mark.parametrize(
    ("html", "markdown", "text"),
    [
        ("<p>a <b>b</b><br>c</p>", "a **b**  \nc", "a b\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "- x\n- y", "x\ny"),
        ("<h2>Plan</h2><p>rest</p>", "## Plan\n\nrest", "Plan\nrest"),
        ("<style>p {}</style><script>alert(1)</script><p>x<!-- hidden --></p>", "x", "x"),
        ('<a href="javascript:alert(1)">x</a> <a href="https://a.test">y</a>', "x [y](https://a.test)", "x y"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
         "| A | B |\n| --- | --- |\n| 1 | 2 |", "A\tB\n1\t2"),
        ("5 < 6 & 7 > 2\n\n  kept", "5 < 6 & 7 > 2\n\n  kept", "5 < 6 & 7 > 2\n\n  kept"),
        ("fish &amp; chips<br>", "fish & chips", "fish & chips"),
    ],
)  # fmt: skip
def test_html_as_markdown_and_as_text(html: str, markdown: str, text: str) -> None:
    assert (html_markdown(html).replace("  \n", "\n"), html_text(html)) == (markdown.replace("  \n", "\n"), text)


def test_rtf_as_text() -> None:
    assert rtf_text(r"{\rtf1\ansi{\fonttbl\f0 Swiss;}\pard A {\b bold} word.\par \'e9t\'e9\par}") == "A bold word.\nété"
    assert rtf_text("no {rtf} at all\n") == "no {rtf} at all\n"
    with pytest.raises(AdjustedError, match=PICTURES) as caught:
        rtf_text(r"{\rtf1 before {\pict\pngblip 89504e47} after}")
    assert caught.value.result.split() == ["before", "after"]


def test_plain_text_as_markdown_shows_what_stands_there() -> None:
    assert escaped("1*2*3 # [x](y)\nnext") == r"1\*2\*3 \# \[x\](y)" + "\n\nnext"


def test_what_is_nested_too_deeply_arrives_without_its_formatting() -> None:
    deep = "<div>" * 3000 + "<b>x</b>" + "</div>" * 3000
    with pytest.raises(AdjustedError, match=TOO_DEEP) as caught:
        html_markdown(deep)
    assert caught.value.result == "x"


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["<p>", "</p>", "<b>", "<td>", "<table>", "<img src=", "data:image/png;base64,", "'", '"', "<![", "<!--",
             "<?", "&#", "&amp;", "\0", "{\\rtf1", "\\par", "{\\pict", "}", "\\'zz", "\\u-9999999", "\\bin9"]
        ),
        st.text(max_size=8),
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(source=MARKUP)
def test_any_text_is_converted_adjusted_or_unusable(source: str) -> None:
    for convert in (html_markdown, html_text, images, rtf_text, lambda text: rtf_text("{\\rtf1 " + text)):
        with suppress(AdjustedError, UnusableError):
            convert(source)


def written(body: str) -> Write:
    transform = MappingTransform(parse_mapping(MAPPING, "tiny.yaml"), workspace_url="https://crm.test")
    row: dict[str, Value] = {"id": 1, "body": body, "written": datetime(2020, 1, 2, tzinfo=UTC)}
    change = RecordChange("tiny", "note", "1", Operation.UPSERT, row, datetime.now(UTC))
    write = transform(change, Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert write is not None
    return write


def split(write: Write) -> tuple[Part, list[Part]]:
    return write.parts[0], list(write.parts[1:])


def test_images_within_a_note_become_files_that_its_text_names() -> None:
    url = "https://files.clinic.test/scans/7.JPG?x=1"
    note, files = split(written(f'<p>see <img src="{PNG}" alt="Jane Doe"> and <IMG SRC="{url}"> <img src="{PNG}"></p>'))
    assert [file.target for file in files] == ["attachment", "attachment"]
    assert [(f.attachment.locator, f.attachment.content_type) for f in files if f.attachment] == [
        (PNG, "image/png"), (url, "application/octet-stream"),
    ]  # fmt: skip
    names = [file.fields["name"] for file in files]
    assert note.fields["bodyV2"] == {"markdown": f"see [{names[0]}] and [{names[1]}] [{names[0]}]"}
    assert [name.rpartition(".")[2] for name in names] == ["png", "jpg"] and "Jane" not in "".join(names)
    assert all(file.internal == {"note": ""} for file in files)
    assert {file.fields["createdAt"] for file in files} == {"2020-01-02T00:00:00.000Z"}
    assert note.fields["plain"] == "see and"


def test_an_image_keeps_its_part_when_the_text_around_it_changes() -> None:
    _, (before,) = split(written(f'<p>one <img src="{PNG}"></p>'))
    _, (after,) = split(written(f'<p><img src="{PNG}"> two</p>'))
    assert (before.name, before.content_hash) == (after.name, after.content_hash)


def test_no_other_address_is_fetched() -> None:
    note, files = split(written('<img src="http://169.254.169.254/key"><img src="file:///etc/passwd">'))
    assert files == []
    assert "http://169.254.169.254/key" in note.fields["bodyV2"]["markdown"]


def test_images_too_large_for_a_message_are_left_out_and_flagged() -> None:
    huge = PNG + "A" * LIMIT
    note, files = split(written(f'<img src="{PNG}"><img src="{huge}">'))
    assert len(files) == 1
    assert [flag.reason for flag in note.flags] == [TOO_LARGE]


@pytest.mark.parametrize(("kind", "markdown"), [("html_text", r"a\*b"), ("rtf", r"\<b\>a\*b\</b\>"), ("text", None)])
def test_a_rich_text_field_may_have_the_text_alone(kind: str, markdown: str | None) -> None:
    text = MAPPING.replace("bodyV2: {from: body, as: html}", f"bodyV2: {{from: body, as: {kind}}}")
    transform = MappingTransform(parse_mapping(text, "tiny.yaml"), workspace_url="https://crm.test")
    row: dict[str, Value] = {"id": 1, "body": "<b>a*b</b>", "written": None}
    change = RecordChange("tiny", "note", "1", Operation.UPSERT, row, datetime.now(UTC))
    write = transform(change, Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert write is not None and write.parts[0].fields["bodyV2"] == {"markdown": markdown or "<b>a*b</b>"}


def test_a_field_of_another_type_is_a_mistake() -> None:
    with pytest.raises(MappingError, match="'html_text' does not make a TEXT"):
        parse_mapping(MAPPING.replace("plain: {from: body, as: html}", "plain: {from: body, as: html_text}"), "t.yaml")


def test_rtf_that_cannot_be_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> str:
        raise IndexError

    monkeypatch.setattr("schemas.mapping.richtext.rtf_to_text", stumble)
    with pytest.raises(UnusableError, match=UNUSABLE_RTF):
        rtf_text("{\\rtf1 x}")
