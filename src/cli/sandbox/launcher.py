"""Starts the sandbox's server: ministack on a free loopback port, saved as it changes, gone when its record is gone.

Called as `launcher.py RECORD VERSION PORT`; PORT is the one to try first (0: any).
"""

import asyncio
import json
import os
import socket
import sys
import time

SAVE_EVERY = 0.5
LOOK_EVERY = 2.0
HERE = os.path.dirname(os.path.abspath(__file__))


def listening(port):
    """Binds before anything else, so that no other process can take the port in between."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.bind(("127.0.0.1", 0))
    return sock


def started():
    """What tells this process from a later one with the same number."""
    with open("/proc/sys/kernel/random/boot_id") as boot, open("/proc/self/stat") as stat:
        # Field 22; the name in field 2 may hold blanks.
        return boot.read().strip() + "/" + stat.read().rpartition(")")[2].split()[19]


def write(path, record):
    temporary = f"{path}.{os.getpid()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(record, file, indent=2)
        file.write("\n")
    os.replace(temporary, path)


def ours(path):
    try:
        with open(path) as file:
            return json.load(file)["pid"] == os.getpid()
    except (OSError, ValueError, KeyError):
        return False


class Keeper:
    """Wraps the emulator: saves its state soon after each call, because a killed process cannot save."""

    def __init__(self, app, record):
        self.app, self.record, self.changed, self.task = app, record, False, None

    async def __call__(self, scope, receive, send):
        if self.task is None:
            self.task = asyncio.create_task(self.keep())
        await self.app(scope, receive, send)
        if scope["type"] == "http" and not scope["path"].startswith("/_ministack/"):
            self.changed = True

    async def keep(self):
        from ministack.app import _build_persistence_save_dict
        from ministack.core.persistence import save_all

        looked = 0.0
        while True:
            await asyncio.sleep(SAVE_EVERY)
            if not self.changed and time.monotonic() < looked + LOOK_EVERY:
                continue
            # Somebody removed the state folder, or another server took over: leave without a trace.
            if not ours(self.record):
                os._exit(0)
            looked = time.monotonic()
            if self.changed:
                self.changed = False
                save_all(_build_persistence_save_dict())


def main():
    # A group and a session of its own: Ctrl-C and a closed terminal do not reach it.
    os.setsid()
    os.umask(0o077)
    record, version, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sock = listening(port)
    port = sock.getsockname()[1]
    os.environ["GATEWAY_PORT"] = str(port)
    write(record, {"pid": os.getpid(), "started": started(), "port": port, "version": version})

    import ministack.app
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    # Importing the corrections applies them.
    sys.path.insert(0, HERE)
    __import__("fixes")

    config = Config()
    config.bind = [f"fd://{sock.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    asyncio.run(serve(Keeper(ministack.app.app, record), config))


main()
