"""Real servers on loopback: PostgreSQL, HTTP that fails in every way, a chat model."""

from __future__ import annotations

import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def http(replies: dict[str, Reply]) -> Iterator[str]:
    """Serve by path; yields the base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            replies[self.path.split("?")[0]](self, body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def says(code: int, content: object, **headers: str) -> Reply:
    """A reply with a status, JSON or bytes, and headers."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(code)
        handler.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def cut_off(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """Promise a hundred bytes, send ten, and hang up."""
    handler.send_response(200)
    handler.send_header("content-length", "100")
    handler.end_headers()
    handler.wfile.write(b"0123456789")
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def slow(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """Send one byte a quarter of a second, without end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(400):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.25)
    except OSError:
        pass  # Whoever asked has hung up, as it should.


def _postgres(name: str) -> str:
    found = shutil.which(name) or next(iter(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")), None)
    if found is None:
        pytest.skip("no PostgreSQL")
    return found


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A throw-away PostgreSQL; yields its address for SQLAlchemy."""
    initdb, server = _postgres("initdb"), _postgres("postgres")
    folder.mkdir(parents=True)
    # It refuses to run as root.
    lower = (
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    )
    if lower:
        os.chown(folder, 65534, 65534)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o055)
    data, port = folder / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [*lower, initdb, "-D", str(data), "-U", "tester", "--auth=trust", "-N"],
        check=True,
        cwd="/",
        **quiet,
    )
    process = subprocess.Popen(
        [*lower, server, "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"],
        cwd="/", **quiet,
    )  # fmt: skip
    try:
        _wait(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), 60)
        address = f"postgresql://tester@127.0.0.1:{port}/postgres"
        _wait(lambda: _ask(address), 30)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ask(address: str) -> None:
    import psycopg

    psycopg.connect(address, connect_timeout=2).close()


@contextmanager
def chat_model(folder: Path) -> Iterator[str]:
    """The server of `transformers` with a tiny random model; yields base address and model."""
    _tiny_model(folder)
    port = free_port()
    log = (folder / "log").open("wb")
    command = Path(sys.executable).with_name("transformers")
    process = subprocess.Popen(
        [str(command), "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)],
        stdout=log, stderr=log, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(lambda: urllib.request.urlopen(f"{base}/health", timeout=2).close(), 120)
        yield f"{base}/v1"
    except AssertionError as error:
        raise AssertionError((folder / "log").read_text(errors="replace")[-3000:]) from error
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _tiny_model(folder: Path) -> None:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder.mkdir(parents=True)
    words = ["<unk>", "<s>", "</s>", *(f"w{n}" for n in range(60)), "25", "days", "[1]", ":"]
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        chat_template="{% for m in messages %}{{ m['content'] }} {% endfor %}",
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def _wait(ready: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            ready()
            return
        except Exception as error:
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready after {seconds} s: {error}") from error
            time.sleep(0.3)
