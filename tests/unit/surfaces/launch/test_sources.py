"""Clause 13: what was compiled is what is measured, whoever compiled it."""

from __future__ import annotations

import hashlib
import io
import marshal
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

from verax.surfaces.launch import sources
from verax.surfaces.launch.sources import MeasuringLoader, read_frames, write_frame


def value_of(loader: type[SourceFileLoader], source: Path) -> object:
    """Run a module's code as `loader` finds it and return its `value`."""
    code = loader("module_of_a_test", str(source)).get_code("module_of_a_test")
    assert code is not None
    scope: dict[str, object] = {}
    exec(code, scope)
    return scope["value"]


def test_a_frame_carries_the_path_the_digest_and_the_code_of_a_source() -> None:
    stream = io.BytesIO()
    write_frame(stream, "/x/ü.py", b"answer = 6 * 7\n")
    stream.seek(0)
    [(path, digest, code)] = read_frames(stream)
    scope: dict[str, object] = {}
    exec(marshal.loads(code), scope)
    assert (path, digest, scope["answer"]) == ("/x/ü.py", hashlib.sha256(b"answer = 6 * 7\n").hexdigest(), 42)


def test_a_stream_that_ends_inside_a_frame_yields_whole_frames_only() -> None:
    stream = io.BytesIO()
    write_frame(stream, "/x/a.py", b"a = 1\n")
    whole = len(stream.getvalue())
    write_frame(stream, "/x/b.py", b"b = 2\n")
    for size in range(whole, len(stream.getvalue())):
        assert [path for path, _, _ in read_frames(io.BytesIO(stream.getvalue()[:size]))] == ["/x/a.py"]


def test_the_loader_notes_the_digest_of_the_bytes_it_compiled(tmp_path: Path) -> None:
    source = tmp_path / "module_of_a_test.py"
    source.write_text("value = 'as imported'\n")
    expected = hashlib.sha256(source.read_bytes()).hexdigest()
    try:
        code = MeasuringLoader("module_of_a_test", str(source)).get_code("module_of_a_test")
        source.write_text("value = 'changed later'\n")
        assert sources.executed_sources()[str(source)] == expected
        assert code is not None
        assert "as imported" in code.co_consts
    finally:
        sources._executed.pop(str(source), None)


def test_the_loader_never_reads_bytecode(tmp_path: Path) -> None:
    source = tmp_path / "module_of_a_test.py"
    source.write_text("value = 'source'\n")
    status = source.stat()
    header = MAGIC_NUMBER + (0).to_bytes(4, "little")
    header += int(status.st_mtime).to_bytes(4, "little") + status.st_size.to_bytes(4, "little")
    poison = compile("value = 'poison'", str(source), "exec")
    cached = Path(cache_from_source(str(source)))
    cached.parent.mkdir(parents=True, exist_ok=True)
    cached.write_bytes(header + marshal.dumps(poison))
    assert value_of(SourceFileLoader, source) == "poison"
    try:
        assert value_of(MeasuringLoader, source) == "source"
    finally:
        sources._executed.pop(str(source), None)
        cached.unlink()


def test_without_a_hint_no_second_process_is_started(tmp_path: Path) -> None:
    sources.compile_ahead(tmp_path / "none.txt")
    assert sources._processes == []


def test_a_hint_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sources.save_hint(tmp_path / "file" / "imports.txt")
    assert (tmp_path / "file").read_text() == ""
