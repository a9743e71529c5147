"""Forms with one file, as wx.uploadFile sends them (multipart/form-data), read under limits of their own."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from flask import current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from miniprogram_api.body import invalid_fields
from miniprogram_api.errors import Problem

View = TypeVar("View", bound=Callable[..., Any])

FIELD = "file"
AROUND = 16 * 1024
"""Bytes for the fields and boundaries around the file."""
FIELDS = 256 * 1024
"""Bytes of text fields that are held in memory. Werkzeug reads forms 64 KiB at a time and counts a piece of the file as well."""
MOST_PARTS = 8

NOT_A_FORM = (
    415,
    "unsupported_media_type",
    "请用 multipart/form-data 上传一个文件，不要压缩。",
    "Send one file as multipart/form-data, not compressed.",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What came: the one file with its size in bytes, and the fields beside it. The file's name is nobody's business."""

    file: BinaryIO
    size: int
    fields: Mapping[str, str]


def one_file(most_bytes: int) -> Callable[[View], View]:
    """The route takes a form with one file of at most `most_bytes`; its view reads it by `read_form()`."""

    def declare(view: View) -> View:
        view._most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return declare


def takes_file(view: Callable[..., Any]) -> bool:
    """Whether the route takes a form with a file instead of JSON."""
    return hasattr(view, "_most_bytes")


def read_form(fields: Mapping[str, tuple[str, ...]]) -> Form:
    """The form of this request, parsed once; each of `fields` must be there, once, with one of its values.

    Problem 413 (too large), 415 (no form), 422 (no file, several, unknown or wrong fields).
    """
    form = _form()
    faults = {name: ["Unknown field."] for name in form.fields.keys() - fields.keys()}
    for name, allowed in fields.items():
        if form.fields.get(name) not in allowed:
            faults[name] = [f"Must be one of: {', '.join(allowed)}."]
    if faults:
        raise invalid_fields(faults)
    return form


def form_digest() -> str:
    """A fingerprint of this request's form, fields and file; refuses like `read_form`."""
    form = _form()
    digest = hashlib.sha256(json.dumps(dict(form.fields), sort_keys=True).encode())
    while chunk := form.file.read(65_536):
        digest.update(chunk)
    form.file.seek(0)
    return digest.hexdigest()


def _form() -> Form:
    if "form" not in g:
        view = current_app.view_functions[request.endpoint or ""]
        g.form = _parse(view._most_bytes)  # type: ignore[attr-defined]
    return g.form


def _parse(most_bytes: int) -> Form:
    if request.mimetype != "multipart/form-data":
        raise Problem(*NOT_A_FORM)
    request.max_content_length = most_bytes + AROUND
    request.max_form_memory_size = FIELDS
    request.max_form_parts = MOST_PARTS
    files = list(request.files.items(multi=True))
    if len(files) != 1 or files[0][0] != FIELD:
        raise invalid_fields({FIELD: ["Exactly one file under this name."]})
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise invalid_fields({name: ["Given more than once."] for name, values in request.form.lists() if len(values) > 1})
    file = files[0][1].stream
    size = file.seek(0, 2)
    file.seek(0)
    if size > most_bytes:
        raise RequestEntityTooLarge()
    return Form(file, size, request.form.to_dict())
