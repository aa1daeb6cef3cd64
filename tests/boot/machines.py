"""Machines that share a kernel: each a root file system of its own over the one that `prepare` made, with its own
processes and its own network. All of it is gone when the process that made it is."""

import os
import shutil
import stat
import subprocess
import time

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HERE = os.path.dirname(os.path.abspath(__file__))
# The first process of a machine: buries whoever has lost its parent.
INIT = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.02)
"""


def run(*command, **more):
    """Runs a command that must succeed; returns what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def wait_for(what, condition, seconds=60, every=0.02):
    """Waits until a condition holds; returns what it answered."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if until < time.monotonic():
            raise RuntimeError(f"waited {seconds} s in vain for {what}")
        time.sleep(every)


class Machine:
    """A root file system, and commands in it. The servers of a world have no network of their own."""

    def __init__(self, base, name, lower):
        self.name = name
        self.folder = f"{base}/{name}"
        self.root = f"{self.folder}/root"
        self.lower = lower
        self.base = base
        self.process = None

    def mount(self, shared=()):
        for it in ("upper", "work", "root"):
            os.makedirs(f"{self.folder}/{it}")
        layers = f"lowerdir={self.lower},upperdir={self.folder}/upper,workdir={self.folder}/work"
        run("mount", "-t", "overlay", "-o", layers, "overlay", self.root)
        for it in ("dev", "run"):
            run("mount", "-t", "tmpfs", "tmpfs", f"{self.root}/{it}")
        # Of its own: what is made and deleted in it must not be this machine's.
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(f"{self.root}/dev/{name}", 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            os.chmod(f"{self.root}/dev/{name}", 0o666)
        for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
            os.symlink(f"/proc/self/{target}", f"{self.root}/dev/{name}")
        os.mkdir(f"{self.root}/dev/shm", 0o1777)
        os.chmod(f"{self.root}/dev/shm", 0o1777)
        for it in shared:
            os.makedirs(f"{self.root}/{it}", exist_ok=True)
            run("mount", "--bind", f"{self.base}/{it}", f"{self.root}/{it}")

    def unmount(self):
        run("umount", "--recursive", "--lazy", self.root)
        # Fails where anything is still mounted, and what is mounted is never deleted.
        os.rmdir(self.root)
        shutil.rmtree(self.folder)

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w") as file:
            file.write(text)
        os.chmod(self.root + path, mode)

    def read(self, path):
        with open(self.root + path) as file:
            return file.read()

    def inside(self, *command, env=()):
        """Returns the command that runs a command on the machine."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-i"] if self.process else []
        return [*enter, "chroot", self.root, "env", "-i", f"PATH={PATH}", *env, *command]

    def run(self, *command, env=(), **more):
        return run(*self.inside(*command, env=env), **more)

    def start(self, *command, env=(), output=None):
        """Starts a command in a process group of its own."""
        out = open(output, "ab") if output else subprocess.DEVNULL
        return subprocess.Popen(self.inside(*command, env=env), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                start_new_session=True)

    def power_on(self):
        """Starts the machine's own processes and network."""
        command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child=SIGKILL",
                   f"--mount-proc={self.root}/proc", "chroot", self.root, "/usr/bin/python3", "-c", INIT]
        os.makedirs(f"{self.root}/proc", exist_ok=True)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"

        def child():
            with open(children) as file:
                return file.read().split()

        self.pid = int(wait_for("the machine's first process", child)[0])
        wait_for("its /proc", lambda: os.path.exists(os.path.join("/proc", str(self.pid), "root", "proc", "uptime")))
        wait_for("its name", lambda: b"python3" in open(f"/proc/{self.pid}/cmdline", "rb").read())

    def power_off(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Node(Machine):
    """A web server that nobody has booted yet."""

    def __init__(self, base, number, lower, world):
        super().__init__(base, f"node{number}", lower)
        self.number = number
        self.world = world
        self.instance = f"i-000000000000000{number}"

    def make(self):
        """Makes the machine as Amazon's image would be."""
        self.mount(("efs", "aws"))
        for it in ("aws", "dnf", "rpm", "systemctl", "mount.efs"):
            folder = "sbin" if it == "mount.efs" else "bin"
            shutil.copy(f"{HERE}/stand-ins/{it}", f"{self.root}/usr/{folder}/{it}")
        agent = "/opt/aws/amazon-cloudwatch-agent/bin"
        os.makedirs(self.root + agent, exist_ok=True)
        shutil.copy(f"{HERE}/stand-ins/amazon-cloudwatch-agent-ctl", self.root + agent)
        shutil.copy(f"{HERE}/kill.sh", f"{self.root}/kill.sh")
        self.write("/etc/node", f"{self.instance}\n")
        self.write("/etc/hosts", "127.0.0.1 localhost\n" + self.world.hosts())
        self.write("/etc/resolv.conf", "")
        self.write("/etc/fstab", "# What the image mounts.\n")
        for it in ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"):
            os.makedirs(os.path.dirname(self.root + it), exist_ok=True)
            shutil.copy(f"{self.base}/pki/ca.pem", self.root + it)
        self.power_on()
        self.join()
        return self

    def join(self):
        """Connects the machine with the world."""
        ip, there = self.world.ip, f"10.77.{self.number}."
        ip("link", "add", f"w{self.number}", "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        ip("addr", "add", f"{there}1/24", "dev", f"w{self.number}")
        ip("link", "set", f"w{self.number}", "up")
        for command in (("link", "set", "lo", "up"), ("addr", "add", f"{there}2/24", "dev", "eth0"),
                        ("link", "set", "eth0", "up"), ("route", "add", "default", "via", f"{there}1")):
            self.run("ip", *command)
        self.address = f"{there}2"

    def unmake(self):
        self.power_off()
        # In /sys stand the devices of whoever mounted it.
        wait_for("the network to be gone", lambda: f"w{self.number}:" not in open("/proc/self/net/dev").read(), 10)
        self.unmount()

    def again(self):
        """Makes it a new machine."""
        self.unmake()
        return self.make()
