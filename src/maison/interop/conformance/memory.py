"""Samples stay in memory: Django would write a large upload to a temporary file, and the bench keeps nothing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from .grading import MAX_BYTES


class InMemory(FileUploadHandler):
    """One byte above the limit is kept, so that the form can say that there is too much."""

    def new_file(self, *words: Any, **named: Any) -> None:
        super().new_file(*words, **named)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = MAX_BYTES + 1 - self.kept.tell()
        if room > 0:
            self.kept.write(raw_data[:room])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        size = self.kept.tell()
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept, self.field_name, "exemple", self.content_type or "", size, self.charset, self.content_type_extra
        )
