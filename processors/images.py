"""Images within a rich text: files of their own beside the record whose text names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.mapping.expressions import Context, Flags, Row, compile_rule
from schemas.mapping.richtext import images
from schemas.mapping.rules import Rule
from schemas.mapping.values import UnusableError
from schemas.records import Attachment, Flag, Part

LIMIT = 8_000_000
"""Characters that the images within one record's texts may have together: the record travels in one message."""

TOO_LARGE = "the images within the text are too large for one message: some are left out"

Imager = Callable[[Row, Part, Flags], list[Part]]


def compile_images(context: Context, rules: Mapping[str, Rule], types: Mapping[str, str]) -> Imager | None:
    """What makes parts of a record's images; None where it has no rich text from HTML."""
    texts = [
        compile_rule(context, name, "TEXT", rule.model_copy(update={"as_": None, "required": False}))
        for name, rule in rules.items()
        if rule.as_ == "html" and types[name] == "RICH_TEXT_V2"
    ]
    hosts = frozenset(host.lower() for host in context.mapping.images_from)
    if not texts:
        return None

    def make(row: Row, record: Part, flags: Flags) -> list[Part]:
        found: dict[str, Part] = {}
        size = 0
        for read in texts:
            try:
                here = images(read(row, []), hosts)
            except UnusableError:
                continue  # the field itself is flagged
            for image in here:
                size += len(image.locator)
                if size > LIMIT:
                    flags.append(Flag("images", TOO_LARGE))
                    return list(found.values())
                name = f"{record.name}image:{image.digest}"
                # with the record's own date, where it has one
                dated = {field: value for field, value in record.fields.items() if field == "createdAt"}
                found[name] = Part(
                    name,
                    "attachment",
                    fields={"name": image.name, **dated},
                    internal={record.target: record.name},
                    attachment=Attachment(image.locator, image.name, None, image.content_type),
                    content_hash=f"{image.digest}{dated.get('createdAt', '')}",
                )
        return list(found.values())

    return make
