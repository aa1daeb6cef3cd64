#!/usr/bin/env python3
"""Boots web servers from the user data that is shipped, as it is, and looks at what becomes of them.

    boot.py pack FOLDER          writes the archives that they fetch, and prints the SHA-256 of each as JSON
    boot.py run ROOT FOLDER…     runs every check on each site: a folder with `site.json`, `user-data` and perhaps
                                 `bundle` and `next-user-data`; prints what was found, and exits with 1 where something
                                 is not as it must be

ROOT is what `prepare` made. Needs root, and a kernel that lets it have name spaces. What it makes is in name spaces of
its own: no file outside of FOLDER changes, and no packet leaves.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from archives import moodle, plugin
from machines import HERE, PATH, Node, run, wait_for
from world import ADMIN, PASSWORD, World

ARCHIVES = {"moodle-503": lambda: moodle("503", True), "moodle-501": lambda: moodle("501", True),
            "moodle-405": lambda: moodle("405", False), "mod_attendance": lambda: plugin("mod_attendance")}
LOG = "/var/log/moodle-infra.log"
# Where a server keeps what changes while it runs.
MOVES = ("/var/log", "/run", "/proc", "/dev", "/tmp", "/efs", "/aws", "/var/www/moodle/data", "/var/www/moodle/cache",
         "/var/www/moodle/temp", "/var/www/moodle/local", "/var/lib/packages", "/root", "/var/cache", "/etc/hosts")


class Fault(Exception):
    pass


def must(holds, why):
    if not holds:
        raise Fault(why)


class Site:
    """A site, and the two servers that it has."""

    def __init__(self, base, root, folder):
        with open(f"{folder}/site.json") as file:
            self.about = json.load(file)
        self.base, self.folder = base, folder
        self.name = self.about["name"]
        self.user_data = self.read("user-data")
        self.world = World(base, root, self.about).make()
        for url, name in self.about["archives"].items():
            self.publish(url, ARCHIVES[name]())
        if self.about["bundle"]:
            with open(f"{folder}/bundle", "rb") as file:
                self.publish(self.about["bundle"], file.read())
        self.nodes = [Node(base, number, root, self.world).make() for number in (1, 2)]
        self.times = []

    def read(self, name):
        with open(f"{self.folder}/{name}") as file:
            return file.read()

    def publish(self, url, content):
        """Puts something where it is fetched from."""
        if url.startswith("s3://"):
            path = f"{self.base}/aws/s3/" + url.removeprefix("s3://")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        else:
            self.world.files[url] = content
            self.world.files[f"{url}.sha256"] = f"SHA256 ({url}) = {hashlib.sha256(content).hexdigest()}\n".encode()

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def start(self, node, env=()):
        """Starts the user data as cloud-init does, or what is left of it when it has been there: both can run again."""
        node.write("/var/lib/cloud/user-data", self.user_data, 0o755)
        env = ["BASH_ENV=/kill.sh", *env]
        return node.start("/var/lib/cloud/user-data", env=env, output=f"{node.folder}/output")

    def output(self, node):
        text = open(f"{node.folder}/output", errors="replace").read()
        for it in (LOG, "/var/log/units.log", "/var/log/httpd/error_log", "/var/log/php-fpm/error.log"):
            if os.path.exists(node.root + it):
                text += f"\n--- {it}\n{node.read(it)[-3000:]}"
        refused = f"{self.base}/aws/refused"
        return text[-9000:] + (open(refused).read() if os.path.exists(refused) else "")

    def boot(self, *nodes, env=(), **more):
        """Boots servers at the same time, to their end, and well."""
        began = time.monotonic()
        processes = [self.start(it, env) for it in nodes]
        for node, process in zip(nodes, processes):
            self.ends(node, process)
        self.times.append(time.monotonic() - began)
        for node in nodes:
            self.is_well(node, **more)
        return self.times[-1]

    def ends(self, node, process):
        try:
            code = process.wait(120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Fault(f"{node.name} is still booting:\n{self.output(node)}") from None
        must(code == 0, f"{node.name} ended with {code}:\n{self.output(node)}")

    def get(self, node, path="/", host=None, cookie=None, forwarded="198.51.100.7"):
        """Asks as a load balancer does; returns status, headers and body."""
        import http.client
        connection = http.client.HTTPConnection(node.address, 80, timeout=20)
        headers = {"Host": host or self.about["host"], "X-Forwarded-For": forwarded}
        if cookie:
            headers["Cookie"] = f"MoodleSession={cookie}"
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    def is_well(self, node, page=200, stage="installed"):
        """The least that must be so of every server that has booted; `page`: how it answers who asks for its front page."""
        status, _, body = self.get(node, "/status.txt", host="10.0.0.1")
        must((status, body) == (200, "ok\n"), f"{node.name} is not well: {status} {body}")
        status, _, body = self.get(node)
        must(status == page, f"{node.name} shows no page: {status} {body}\n{self.output(node)}")
        report = self.world.report(node)
        must((report["state"], report["stage"], report["code"]) == ("done", stage, 0), f"reports {report}")
        left = node.run("bash", "-c", "find /etc /opt /run/moodle -name '*.new' -o -name '.database.*'; "
                        "find /var/www/moodle -mindepth 1 -maxdepth 1 -name 'new*' -o -maxdepth 1 -name old")
        must(left == "", f"{node.name} has leftovers: {left}")
        refused = f"{self.base}/aws/refused"
        must(not os.path.exists(refused), "a call that no permission or form allows")

    def installs(self):
        return self.world.audit("install begins"), self.world.audit("install ends")

    def new(self, *nodes):
        """Makes everything as before the first boot."""
        if os.path.exists(f"{self.base}/aws/refused"):
            os.unlink(f"{self.base}/aws/refused")
        for node in nodes:
            node.unmake()
        self.world.empty()
        for node in nodes:
            node.make()

    def tree(self, node):
        """Returns what is on a server's own disk, and how."""
        tree = {}
        top = f"{node.folder}/upper"
        for folder, folders, names in os.walk(top):
            inside = folder.removeprefix(top) or "/"
            folders[:] = [it for it in folders if f"{inside.rstrip('/')}/{it}" not in MOVES]
            for name in names:
                path = f"{inside.rstrip('/')}/{name}"
                about = os.lstat(f"{folder}/{name}")
                plain = os.path.isfile(f"{folder}/{name}") and not os.path.islink(f"{folder}/{name}")
                content = open(f"{folder}/{name}", "rb").read() if plain else b""
                if path not in MOVES:
                    tree[path] = (about.st_mode, about.st_uid, about.st_gid, hashlib.sha256(content).hexdigest())
        return tree

    def logged(self, node, text):
        return os.path.exists(node.root + LOG) and text in node.read(LOG)

    def gone(self):
        for it in self.nodes:
            it.power_off()


# The checks, in their order. Each gets a site; what it returns is told.


def races(site):
    """Two servers boot at once, before there is a site and before the name of the file system is known."""
    one, other = site.nodes
    site.world.hides.add("fs-0a.efs.eu-west-1.amazonaws.com")
    other.write("/etc/hosts", "127.0.0.1 localhost\n" + site.world.hosts())
    began = time.monotonic()
    processes = [site.start(it) for it in site.nodes]
    site.world.hides.clear()
    wait_for("the other's first look", lambda: processes[1].poll() or site.logged(other, " files"))
    other.write("/etc/hosts", "127.0.0.1 localhost\n" + site.world.hosts())
    for node, process in zip(site.nodes, processes):
        site.ends(node, process)
    took = time.monotonic() - began
    for node in site.nodes:
        site.is_well(node)
    must(site.installs() == (1, 1), f"installations: {site.installs()}")
    did = [node.read(LOG) for node in site.nodes]
    empty = sum("the database is empty" in it for it in did)
    whole = sum("the database is whole" in it for it in did)
    must((empty, whole) == (1, 1), f"{empty} found an empty database, {whole} a site")
    return f"two servers at once: both well after {took:.1f} s, 1 installed, 1 waited and found a site"


def settings_are_accepted(site):
    """Programs that read the settings have nothing to say against them."""
    node = site.nodes[0]
    checks = {
        "httpd -t": ["httpd", "-d", "/etc/httpd", "-f", "/etc/httpd/conf/httpd.conf", "-t"],
        "php-fpm -t": ["php-fpm", "-y", "/etc/php-fpm.conf", "-t"],
        "logrotate -d": ["logrotate", "-d", "/etc/logrotate.d/moodle"],
        "bash -n": ["bash", "-c", "for it in /opt/moodle-infra/*.sh /var/lib/cloud/user-data; do bash -n $it; done"],
        "shellcheck": ["bash", "-c", "shellcheck --shell bash /opt/moodle-infra/*.sh /var/lib/cloud/user-data"],
        "php -l": ["bash", "-ec", "find /opt/moodle-infra /etc/moodle -name '*.php' -print0 | xargs -0 -n1 php -l"],
        "cloud-init": ["python3", "-c", "from cloudinit import handlers; import sys; text = open('/var/lib/cloud/user-data')"
                       ".read(); sys.exit(handlers.type_from_starts_with(text) != 'text/x-shellscript')"],
    }
    for name, command in checks.items():
        said = node.run(*command)
        must("error" not in said.lower() or name == "php -l", f"{name}: {said}")
    # There is no systemd to ask for the units that the image has.
    verify = node.inside("bash", "-c", "systemd-analyze verify --man=no /etc/systemd/system/moodle-*.{service,timer} 2>&1")
    said = subprocess.run(verify, stdout=subprocess.PIPE, text=True, check=False)
    must(said.returncode == 0 and said.stdout == "", f"systemd-analyze: {said.stdout}")
    return f"{len(checks) + 1} programs accept the settings: {', '.join([*checks, 'systemd-analyze verify'])}"


def serves(site):
    """What visitors get, what they must not get, and who they are taken for."""
    about, (one, other) = site.about, site.nodes
    cdn = ", 203.0.113.9" if about["strips_edge"] else ""
    status, headers, body = site.get(one, forwarded=f"198.51.100.7{cdn}")
    page = json.loads(body)
    must(page["remote"] == "198.51.100.7", f"taken for {page['remote']}")
    must(page["wwwroot"] == about["wwwroot"] and page["lang"] == about["lang"] and page["name"] == about["full"], page)
    must(page["user"] == "apache" and not page["writable"], f"the web server may change the code: {page}")
    must(page["opcache"] == about["opcache"], f"OPcache: {page['opcache']}")
    if about["sessions"]:
        cookie = headers["Set-Cookie"].split("=")[1].split(";")[0]
        counts = [json.loads(site.get(it, cookie=cookie)[2])["count"] for it in (other, one, other)]
        first = page["count"]
        must(counts == [first + 1, first + 2, first + 3], f"a session on both servers counts {counts}")
    status, headers, _ = site.get(one, host="10.0.0.9")
    must((status, headers["Location"]) == (303, about["wwwroot"]), "a name that is not the site's")
    for path, expected in (("/file.txt", 200), ("/composer.json", 403), ("/.hidden/x.txt", 403), ("/none", about["none"]),
                           ("/index.php/some/path/readme.txt", 200), ("/admin/cli/cron.php", about["admin"])):
        status, _, body = site.get(one, path)
        must(status == expected, f"{path}: {status} instead of {expected}: {body}")
    modes = one.run("find", "/var/www/moodle/html", "!", "-user", "root", "-o", "-perm", "/022")
    must(modes == "", f"code that others may change: {modes[:500]}")
    for component, folder in about["plugins"].items():
        one.run("test", "-s", f"/var/www/moodle/html/{folder}/version.php")
    return "pages, sessions, refusals and addresses of visitors are right on both servers"


def is_no_secret_left(site):
    """Passwords are in memory alone."""
    places = "/etc /opt /var /usr/local /root /tmp /home"
    for node in site.nodes:
        for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], ADMIN):
            found = subprocess.run(node.inside("bash", "-c", f'grep -rlF -- "$1" {places} | grep -v ^/efs; true', "-", secret),
                                   stdout=subprocess.PIPE, text=True, check=False).stdout
            must(found == "", f"a password stands in {found}")
        mode = node.run("stat", "-c", "%U:%G %a", "/run/moodle", "/run/moodle/database.json").split("\n")[:2]
        must(mode == ["root:apache 750", "root:apache 640"], f"/run/moodle: {mode}")
        must(ADMIN not in site.output(node), "the administrator's password is in a log")
    return "no password on either disk"


def boots_again(site):
    """A boot that runs again changes nothing, also while it serves."""
    before = [site.tree(it) for it in site.nodes]
    pids = [it.read("/run/httpd.pid") for it in site.nodes]
    caches = site.world.audit("cache")
    took = site.boot(*site.nodes)
    for node, was in zip(site.nodes, before):
        now = site.tree(node)
        differs = sorted(it for it in {*now, *was} if now.get(it) != was.get(it))
        must(differs == [], f"{node.name}: {differs}")
        must(was, "nothing is on the disk")
    must(pids == [it.read("/run/httpd.pid") for it in site.nodes], "the web server was stopped")
    must(site.installs() == (1, 1) and site.world.audit("cache") == caches, "something was done again")
    return f"again on both: {took:.1f} s, no file is another, nothing is installed again"


def caches_are_set(site):
    """The application cache is Moodle's, without anybody having opened a page."""
    if not site.about["application"]:
        return "no application cache, and none is set"
    found = json.loads(site.nodes[0].run("php", "-r", "echo json_encode(require('/var/www/moodle/data/muc/config.php'));"))
    must(found["stores"]["application"]["plugin"] == site.about["application"], found)
    must({"mode": 1, "store": "application", "sort": 0} in found["mappings"], found)
    must(len(found["mappings"]) == 3, found)
    return f"the application cache is {site.about['application']}, and mapped"


def tasks_run(site):
    """The clock strikes on both servers: tasks run on one, or on all, as the spec says."""
    processes = [it.start("systemctl", "start", "moodle-cron.service", output=f"{it.folder}/output") for it in site.nodes]
    if site.about["cron"] == "one":
        wait_for("the one that has no lock", lambda: any(it.poll() is not None for it in processes))
        wait_for("the one that has", lambda: site.world.audit("cron begins"))
        expected = 1
    else:
        wait_for("both", lambda: site.world.audit("cron begins") == 2)
        expected = 2
    with open(f"{site.base}/efs/cron-may-end", "w"):
        pass
    for node, process in zip(site.nodes, processes):
        must(process.wait(60) == 0, f"tasks on {node.name}:\n{site.output(node)}")
    begins = site.world.audit("cron begins")
    must((begins, site.world.audit("cron ends")) == (expected, expected), f"{begins} of {expected} ran")
    return f"scheduled tasks ran on {expected} of 2"


def passwords_change(site):
    """The database's password becomes another: a minute later all is well, and nothing was restarted."""
    pids = [it.read("/run/httpd.pid") for it in site.nodes]
    new = PASSWORD + "2"
    site.world.user(new)
    status, _, _ = site.get(site.nodes[0])
    must(status == 500, f"pages without a database: {status}")
    must(site.get(site.nodes[0], "/status.txt")[0] == 200, "an outage of the database must not replace servers")
    site.world.secrets(new)
    for node in site.nodes:
        node.run("systemctl", "start", "moodle-secrets.service")
        site.is_well(node)
    must(pids == [it.read("/run/httpd.pid") for it in site.nodes], "the web server was restarted")
    site.world.user(PASSWORD)
    site.world.secrets()
    for node in site.nodes:
        node.run("systemctl", "start", "moodle-secrets.service")
    return "another password of the database: followed on both without a restart"


def refuses_other_files(site):
    """A bundle that is not the one whose SHA-256 is known is not run."""
    if not site.about["bundle"]:
        return None
    node, url = site.nodes[0], site.about["bundle"]
    site.new(node)
    with open(f"{site.folder}/bundle", "rb") as file:
        right = file.read()
    site.publish(url, right + b"touch /stolen\n")
    code = site.start(node).wait(60)
    must(code != 0 and "is not what was asked for" in site.output(node), f"{code}: {site.output(node)}")
    must(not os.path.exists(f"{node.root}/opt/moodle-infra/boot.sh") and not os.path.exists(f"{node.root}/stolen"), "it ran")
    site.publish(url, right)
    site.boot(node)
    return "a bundle with a byte more is refused, and the right one boots"


def survives_kills(site):
    """Everything is killed at a line, as when the power fails; booted again, it is as if nothing had been."""
    node = site.nodes[0]
    site.new(node)
    site.boot(node, env=["TRACE=/run/lines"])
    lines = list(dict.fromkeys(node.read("/run/lines").split()))
    every = int(os.environ.get("KILL_EVERY", "12"))
    # Each site begins elsewhere: together they kill at more lines.
    points = lines[site.about["offset"] % every::every]
    for point in points:
        site.new(node)
        process = site.start(node, [f"KILL_AT={point}"])
        code = process.wait(60)
        must(code != 0, f"{point} was not reached")
        try:
            site.boot(node)
        except Fault as fault:
            raise Fault(f"killed at {point}: {fault}") from fault
        begins, ends = site.installs()
        must(ends == 1 and begins <= 2, f"killed at {point}: {begins} installations begun, {ends} ended")
    return f"killed before {len(points)} of {len(lines)} lines, and booted again each time: {' '.join(points)}"


def survives_kills_of_the_installer(site):
    """Killed in the middle of the installation: everything, the one that holds the lock, the boot alone."""
    one, other = site.nodes
    told = []
    for table in site.about["tables"]:
        for who in ("everything", "holder", "boot"):
            site.new(one)
            with open(f"{site.base}/efs/pause", "w") as file:
                file.write(table)
            process = site.start(one)
            wait_for("the installer", lambda: os.path.exists(f"{site.base}/efs/paused"))
            kill(one, process, who)
            if who == "boot":
                # What it began goes on and holds the lock of this machine; the next boot waits for it.
                process.wait(30)
                os.unlink(f"{site.base}/efs/pause")
            else:
                wait_for("the installer to die with the holder", lambda: not runs(one, "install.php"), 10)
                code = process.wait(30)
                must(code != 0, f"the boot ends well though {who} was killed")
                os.unlink(f"{site.base}/efs/pause")
            if os.path.exists(f"{site.base}/efs/paused"):
                os.unlink(f"{site.base}/efs/paused")
            site.boot(one)
            begins, ends = site.installs()
            must(ends == 1 and begins == (1 if who == "boot" else 2), f"{who} at {table}: {begins} begun, {ends} ended")
            told.append(f"{who} at table {table}")
    return f"the installation killed at {len(told)} points, and booted again each time: {', '.join(told)}"


def another_takes_over(site):
    """The server that installs dies while another waits: the other one clears away what is there, and installs."""
    one, other = site.nodes
    site.new(one, other)
    with open(f"{site.base}/efs/pause", "w") as file:
        file.write("20")
    first = site.start(one)
    wait_for("the installer", lambda: os.path.exists(f"{site.base}/efs/paused"))
    second = site.start(other)
    wait_for("the other one at the lock", lambda: site.logged(other, " moodle"))
    time.sleep(0.5)
    must("the database is" not in other.read(LOG), "it did not wait")
    os.unlink(f"{site.base}/efs/pause")
    os.killpg(first.pid, signal.SIGKILL)
    began = time.monotonic()
    site.ends(other, second)
    took = time.monotonic() - began
    site.is_well(other)
    must(site.installs() == (2, 1), f"installations: {site.installs()}")
    site.boot(one)
    must(site.installs() == (2, 1), f"installations: {site.installs()}")
    return f"the one that installs is killed while the other waits: the other installs, well {took:.1f} s later"


def kill(node, process, who):
    """Kills everything on a server, or who holds the lock, or the boot alone."""
    if who == "everything":
        os.killpg(process.pid, signal.SIGKILL)
        return
    found = node.run("bash", "-c", "for it in /proc/[0-9]*; do "
                     "tr '\\0' ' ' <$it/cmdline 2>/dev/null | sed \"s|^|${it#/proc/} |\"; echo; done")
    words = {"holder": "php /opt/moodle-infra/settle.php", "boot": "bash /opt/moodle-infra/boot.sh"}[who]
    pids = [it.split()[0] for it in found.splitlines() if it.strip().endswith(words) and "runuser" not in it]
    must(pids, f"no {who} among:\n{found}")
    node.run("kill", "-9", *pids)


def runs(node, name):
    return name in node.run("bash", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true")


def maintenance(node, switch):
    """Says to a server what `apply` says; returns the exit code and what was printed."""
    command = node.inside("/opt/moodle-infra/maintenance.sh", switch)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def stands(site):
    """The release before is there, on both."""
    site.new(*site.nodes)
    site.user_data = site.read("user-data")
    took = site.boot(*site.nodes)
    page = json.loads(site.get(site.nodes[0])[2])
    must(page["branch"] == site.about["branch"], page)
    return f"two servers of release {page['branch']}, {took:.1f} s"


def is_upgraded_in_order(site):
    """Maintenance on, one server upgrades and the others follow, maintenance off; a failure changes nothing of that."""
    one, other = site.nodes
    must(maintenance(one, "on") == (0, ""), "it is not switched on")
    for node in site.nodes:
        must(site.get(node)[0] == 503, "visitors still meet the site")
        must(site.get(node, "/status.txt", host="10.0.0.1")[0] == 200, "maintenance would have servers replaced")
    old = site.world.report(one)["build"]
    site.user_data = site.read("next-user-data")
    with open(f"{site.base}/efs/upgrade-fails", "w") as file:
        file.write("7")
    one.again()
    code = site.start(one).wait(60)
    report = site.world.report(one)
    must(code != 0 and (report["state"], report["stage"]) == ("failed", "moodle"), f"{code}: {report}")
    must("no column" in report["log"] and "the upgrade ended with 1" in report["log"], report)
    must(report["build"] != old, "the report is of the build before")
    refused = subprocess.run(one.inside("curl", "-s", "http://127.0.0.1/"), stdout=subprocess.DEVNULL, check=False)
    must(refused.returncode == 7, "a server whose upgrade failed serves")
    must(site.get(other)[0] == 503, "the others serve a half upgraded site")
    os.unlink(f"{site.base}/efs/upgrade-fails")
    site.boot(one, page=503)
    steps = [site.world.audit(it) for it in ("upgrade begins", "upgrade step", "upgrade ends")]
    must(steps == [2, 20, 1], f"begun, steps, ended: {steps}")
    code, said = maintenance(other, "off")
    must(code == 1 and "maintenance stays on" in said and site.get(other)[0] == 503, f"{code}: {said}")
    other.again()
    took = site.boot(other, page=503)
    must(site.world.audit("upgrade begins") == 2, "the other one upgraded again")
    one.run("systemctl", "stop", "httpd")
    code, said = maintenance(one, "off")
    must(code == 1 and "maintenance is on" in said and site.get(other)[0] == 503, f"{code}: {said}")
    one.run("systemctl", "start", "httpd")
    for _ in range(2):
        code, said = maintenance(one, "off")
        must(code == 0, f"it is not switched off: {said}")
    for node in site.nodes:
        site.is_well(node)
        page = json.loads(site.get(node)[2])
        must(page["branch"] == site.about["next"]["branch"], page)
        for folder in site.about["next"]["plugins"].values():
            node.run("test", "-s", f"/var/www/moodle/html/{folder}/version.php")
    return f"from {site.about['branch']} to {page['branch']}: a failure stops it in maintenance, the next try goes on; 20 steps, each once; the other server {took:.1f} s"


def upgrades_race(site):
    """Two servers of the next release boot at once on a database of the one before."""
    stands(site)
    maintenance(site.nodes[0], "on")
    site.user_data = site.read("next-user-data")
    for node in site.nodes:
        node.again()
    took = site.boot(*site.nodes, page=503)
    steps = [site.world.audit(it) for it in ("upgrade begins", "upgrade step", "upgrade ends")]
    must(steps == [1, 20, 1], f"begun, steps, ended: {steps}")
    return f"two servers upgrade at once: both well after {took:.1f} s, 1 upgraded"


def survives_kills_of_the_upgrade(site):
    """Killed in the middle of an upgrade, whose mark blocks every program of Moodle for a while."""
    told = []
    for step, who in (("1", "everything"), ("11", "holder"), ("20", "boot"), ("11", "another")):
        stands(site)
        one, other = site.nodes
        maintenance(one, "on")
        site.user_data = site.read("next-user-data")
        one.again()
        with open(f"{site.base}/efs/pause", "w") as file:
            file.write(f"upgrade {step}")
        process = site.start(one)
        wait_for("the upgrade", lambda: os.path.exists(f"{site.base}/efs/paused"))
        if who == "another":
            other.again()
            second = site.start(other)
            wait_for("the other one at the lock", lambda: site.logged(other, " moodle"))
        kill(one, process, "everything" if who == "another" else who)
        if who != "boot":
            wait_for("the upgrade to die with the holder", lambda: not runs(one, "upgrade.php"), 10)
        os.unlink(f"{site.base}/efs/pause")
        process.wait(60)
        began = time.monotonic()
        if who == "another":
            site.ends(other, second)
            site.is_well(other, page=503)
            must("broken off" in other.read(LOG), "it did not wait for the mark")
        else:
            site.boot(one, page=503)
        steps = [site.world.audit(it) for it in ("upgrade begins", "upgrade step", "upgrade ends")]
        # Whom the boot's death leaves alone comes to its end by itself.
        must(steps == [1 if who == "boot" else 2, 20, 1], f"{who} at {step}: begun, steps, ended: {steps}")
        told.append(f"{who} at step {step} (well {time.monotonic() - began:.1f} s later)")
    return f"the upgrade killed: {', '.join(told)}; each time 20 steps, each once"


def waits_for_a_person(site):
    """A server is well before Moodle is installed, so that somebody can reach it, and keeps sessions where it can."""
    one, other = site.nodes
    took = site.boot(one, page=302, stage="wizard")
    must(not os.path.exists(f"{one.root}/var/lib/moodle-infra/installed"), "it says that Moodle is installed")
    on = {it: os.path.exists(f"{one.root}/run/{it}") for it in ("moodle-stage.timer", "moodle-cron.timer")}
    must(on == {"moodle-stage.timer": True, "moodle-cron.timer": False}, on)
    must(site.get(one)[1]["Location"] == site.about["wwwroot"] + "/admin/index.php", "it does not lead to the installer")
    was = site.tree(one)
    site.boot(one, page=302, stage="wizard")
    must(site.tree(one) == was, "another boot changes files")
    # The reader of settings refuses a session handler that would ask a cache.
    handler = one.run("runuser", "-u", "apache", "--", "php", "-r", "define('CLI_SCRIPT', true); "
                      "require '/var/www/moodle/html/config.php'; echo $CFG->session_handler_class ?? 'database';")
    must(handler == "database", f"sessions are in {handler}")
    return f"well before there is a site, {took:.1f} s; sessions in the database, tasks off"


def is_installed_in_the_browser(site):
    """Somebody installs Moodle; until that is done nothing is another, and a minute later all is where it belongs."""
    one, other = site.nodes
    pids = one.read("/run/httpd.pid")
    was = site.tree(one)

    def step(number, visitor):
        # Behind another node of the load balancer each time: what counts is what that one writes down.
        cdn = ", 203.0.113.9" if site.about["strips_edge"] else ""
        return site.get(one, f"/admin/index.php?step={number}", forwarded=f"{visitor}{cdn}")

    one.run("systemctl", "start", "moodle-stage.service")
    must(step(1, "198.51.100.7")[0] == 200, "the first step")
    one.run("systemctl", "start", "moodle-stage.service")
    must(site.world.report(one)["stage"] == "wizard" and site.tree(one) == was, "half an installation counts as one")
    status, _, body = step(2, "192.0.2.66")
    must(status == 500 and "original IP" in body, f"anybody can finish it: {status} {body}")
    # What the stack's output `wizard-other-address` has a server run, and what it must not.
    refused = subprocess.run(one.inside("/opt/moodle-infra/visitor.sh", "' OR 1=1"), stdout=subprocess.DEVNULL, check=False)
    must(refused.returncode == 2, "an address that is none")
    one.run("/opt/moodle-infra/visitor.sh", "192.0.2.66")
    must(step(2, "198.51.100.7")[0] == 500, "two addresses can finish it")
    status, _, body = step(2, "192.0.2.66")
    must(status == 200, f"who was let in cannot finish it: {body}")
    # Killed at each of its lines, and again a minute later.
    lines = [it + 1 for it, line in enumerate(one.read("/opt/moodle-infra/stage.sh").splitlines())
             if line.strip() and line.strip()[0] != "#" and line.strip() != "fi"]
    killed = 0
    for line in lines:
        process = one.start("/opt/moodle-infra/stage.sh", env=["BASH_ENV=/kill.sh", f"KILL_AT=stage.sh:{line}"],
                            output=f"{one.folder}/output")
        killed += process.wait(30) == -signal.SIGKILL
    must(killed > 3, f"killed only {killed} times at {lines}")
    one.run("systemctl", "start", "moodle-stage.service")
    site.is_well(one)
    must(pids == one.read("/run/httpd.pid"), "the web server was restarted")
    on = {it: os.path.exists(f"{one.root}/run/{it}") for it in ("moodle-stage.timer", "moodle-cron.timer")}
    must(on == {"moodle-stage.timer": False, "moodle-cron.timer": True}, on)
    # As the next apply does: more servers, by the same user data.
    took = site.boot(other)
    must(site.installs() == (1, 1), f"installations: {site.installs()}")
    return f"installed in the browser from one address, seen a minute later, killed {killed} times at that; the next server: {took:.1f} s"


PLOTS = {
    "install": [races, settings_are_accepted, serves, is_no_secret_left, boots_again, caches_are_set, tasks_run,
                passwords_change, refuses_other_files, another_takes_over, survives_kills_of_the_installer, survives_kills],
    "wizard": [waits_for_a_person, is_installed_in_the_browser, settings_are_accepted, serves, is_no_secret_left,
               boots_again, caches_are_set, tasks_run, passwords_change],
    "upgrade": [stands, is_upgraded_in_order, upgrades_race,
                survives_kills_of_the_upgrade],
}


def live(root, folder):
    """Runs every check on a site, in name spaces of its own."""
    # Whatever is mounted there is gone with these name spaces: nothing below is ever deleted from here.
    base = tempfile.mkdtemp(prefix="boot-", dir=folder)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", base)
    site = Site(base, root, folder)
    site.say(f"user data has {len(site.user_data.encode())} bytes of 16384"
             + (f", and fetches {os.path.getsize(f'{folder}/bundle')}" if site.about["bundle"] else ""))
    for check in PLOTS[site.about["plot"]]:
        began = time.monotonic()
        try:
            told = check(site)
        except (Fault, RuntimeError, OSError) as fault:
            site.say(f"FAILED {check.__name__}: {fault}")
            site.say("\n".join(site.output(it) for it in site.nodes) if isinstance(fault, RuntimeError) else "")
            return 1
        if told:
            site.say(f"{told} [{time.monotonic() - began:.1f} s]")
    times = sorted(site.times)
    site.say(f"{len(times)} whole boots, {times[0]:.1f} to {times[-1]:.1f} s, half of them within {times[len(times) // 2]:.1f} s")
    site.gone()
    return 0


def main():
    match sys.argv[1:]:
        case ["pack", folder]:
            sums = {}
            for name, make in ARCHIVES.items():
                content = make()
                with open(f"{folder}/{name}.tgz", "wb") as file:
                    file.write(content)
                sums[name] = hashlib.sha256(content).hexdigest()
            print(json.dumps(sums))
        case ["run", root, *folders]:
            spaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
            sites = [subprocess.Popen([*spaces, sys.executable, "-B", __file__, "live", root, it]) for it in folders]
            sys.exit(max(abs(it.wait()) for it in sites))
        case ["live", root, folder]:
            sys.exit(live(root, folder))
        case _:
            sys.exit(__doc__)


main()
