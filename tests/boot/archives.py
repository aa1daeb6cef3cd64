"""The archives that web servers fetch: a stand-in for Moodle, and a plug-in."""

import gzip
import io
import os
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))


def archive(files):
    """Returns a tgz of files (path → bytes), the same bytes for the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            info = tarfile.TarInfo(path)
            # As whoever packed it may have had it: neither is to stay.
            info.size, info.mode, info.uid, info.gid = len(files[path]), 0o666, 1234, 1234
            tar.addfile(info, io.BytesIO(files[path]))
    return gzip.compress(packed.getvalue(), mtime=0)


def moodle(branch, public):
    """Returns the stand-in, as the release with this branch is laid out."""
    files = {}
    for folder, _, names in os.walk(f"{HERE}/moodle"):
        for name in names:
            path = os.path.relpath(f"{folder}/{name}", f"{HERE}/moodle")
            if path.startswith("web/"):
                path = ("public/" if public else "") + path.removeprefix("web/")
            with open(f"{folder}/{name}", "rb") as file:
                files[f"moodle/{path}"] = file.read().replace(b"BRANCH", branch.encode())
    if public:
        files["moodle/public/config.php"] = b"<?php require(__DIR__ . '/../config.php');\n"
    return archive(files)


def plugin(component):
    return archive({f"{component}-1/version.php": f"<?php\n$plugin->component = '{component}';\n".encode(),
                    f"{component}-1/lib.php": b"<?php\n"})
