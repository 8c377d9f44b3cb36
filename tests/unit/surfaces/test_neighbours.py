"""Who holds a port, read from a /proc that the test made."""

from __future__ import annotations

from pathlib import Path

from verax.surfaces.neighbours import ModelServer, PortHolder, find_port_holder

_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
_ROW = (
    "   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
)


def make_proc(folder: Path, *, port: int, state: str = "0A", inode: int = 4242) -> Path:
    (folder / "net").mkdir(parents=True)
    row = _ROW.format(address="0100007F", port=port, state=state, inode=inode)
    (folder / "net/tcp").write_text(_HEAD + row)
    process = folder / "31"
    (process / "fd").mkdir(parents=True)
    (process / "fd/3").symlink_to("socket:[4242]")
    (process / "cmdline").write_bytes(b"python3\0-m\0http.server\0")
    (folder / "self").mkdir()
    return folder


def test_the_process_that_listens_is_named(tmp_path: Path) -> None:
    assert find_port_holder(8420, make_proc(tmp_path, port=8420)) == PortHolder(31, "python3 -m http.server")


def test_a_port_nobody_listens_on_has_no_holder(tmp_path: Path) -> None:
    assert find_port_holder(8421, make_proc(tmp_path, port=8420)) is None


def test_a_connection_is_not_a_listener(tmp_path: Path) -> None:
    assert find_port_holder(8420, make_proc(tmp_path, port=8420, state="01")) is None


def test_a_listener_of_another_user_is_a_holder_without_a_name(tmp_path: Path) -> None:
    assert find_port_holder(8420, make_proc(tmp_path, port=8420, inode=7)) == PortHolder(0, "")


def test_a_system_without_proc_says_nothing(tmp_path: Path) -> None:
    assert find_port_holder(8420, tmp_path / "none") is None


def test_the_command_that_connects_a_server_names_its_first_model() -> None:
    server = ModelServer("Ollama", "http://localhost:11434/v1", ("qwen3:8b", "x"))
    assert server.command == "verax model add qwen3:8b --url http://localhost:11434/v1"
    assert "MODEL" in ModelServer("vLLM", "http://localhost:8000/v1", ()).command
