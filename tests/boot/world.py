"""The world around the web servers of a site: database, caches, shared files, and what is Amazon's and Moodle's."""

import http.server
import json
import os
import shutil
import ssl
import threading

from machines import Machine, run, wait_for

REGION = "eu-west-1"
# Every character of it means something somewhere.
PASSWORD = "p'a\\s\"s$1 %&"
ADMIN = "Adm1n-of-the-site"
WEB = "10.77.0.1"
NAMES = {
    "campus.cluster-c0.eu-west-1.rds.amazonaws.com": "10.77.0.2",
    "campus.cluster-ro-c0.eu-west-1.rds.amazonaws.com": "10.77.0.3",
    "master.session.cache.amazonaws.com": "10.77.0.4",
    "app.cache.amazonaws.com": "10.77.0.5",
    "s1.cache.amazonaws.com": "10.77.0.6",
    "s2.cache.amazonaws.com": "10.77.0.7",
    "packaging.moodle.org": WEB,
    "moodle.org": WEB,
    "truststore.pki.rds.amazonaws.com": WEB,
    "fs-0a.efs.eu-west-1.amazonaws.com": "10.77.0.8",
}
POSTGRES = "/usr/lib/postgresql/15/bin"


class World(Machine):
    """Everything that a site needs besides its web servers."""

    def __init__(self, base, lower, site):
        super().__init__(base, "world", lower)
        self.site = site
        self.pgsql = site["engine"] == "pgsql"
        self.hides = set()
        self.files = {}
        self.servers = []

    def ip(self, *words):
        run("chroot", self.root, "ip", *words)

    def hosts(self):
        return "".join(f"{address} {name}\n" for name, address in NAMES.items() if name not in self.hides)

    def make(self):
        for it in ("aws/secrets", "aws/s3", "efs", "pki"):
            os.makedirs(f"{self.base}/{it}")
        os.chmod(f"{self.base}/efs", 0o777)
        self.mount(("pki",))
        run("mount", "-t", "proc", "proc", f"{self.root}/proc")
        self.ip("link", "set", "lo", "up")
        for address in ["169.254.169.254", *sorted(set(NAMES.values()))]:
            self.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.certificates()
        self.secrets()
        self.caches()
        self.database()
        self.web()
        self.empty()
        return self

    def certificates(self):
        names = ",".join(f"DNS:{it}" for it in NAMES)
        make = f"""set -e; cd /pki
openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=The authority' -days 2 -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj '/CN=server' -keyout server.key -out server.csr
printf 'subjectAltName=%s\\n' '{names}' >ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem
for it in postgres mysql redis stunnel4; do
  install -o $it -m 600 server.key $it.key
done"""
        self.run("bash", "-c", make)

    def secrets(self, password=PASSWORD):
        for name, secret in (("rds!cluster-0a-AbCdEf", {"username": "moodle", "password": password}),
                             ("campus-admin-AbCdEf", {"username": "admin", "password": ADMIN})):
            with open(f"{self.base}/aws/secrets/{name}", "w") as file:
                json.dump(secret, file)

    def serve(self, *command, user=None):
        if user:
            command = ["runuser", "-u", user, "--", *command]
        self.servers.append(self.start(*command, output=f"{self.base}/servers.log"))

    def caches(self):
        tls = ["--tls-cert-file", "/pki/server.pem", "--tls-key-file", "/pki/redis.key", "--tls-ca-cert-file",
               "/pki/ca.pem", "--tls-auth-clients", "no", "--save", "", "--protected-mode", "no"]
        for address in ("10.77.0.4", "10.77.0.5"):
            self.serve("redis-server", "--port", "0", "--tls-port", "6379", "--bind", address, "--dir", "/tmp", *tls,
                       user="redis")
        for address in ("10.77.0.6:11211", "10.77.0.7:11211", "127.0.0.1:11311"):
            host, port = address.split(":")
            self.serve("memcached", "-u", "nobody", "-l", host, "-p", port, "-U", "0")
        self.write("/etc/stunnel/server.conf", "foreground = yes\nsyslog = no\npid =\n[memcached]\n"
                   "accept = 10.77.0.5:11211\nconnect = 127.0.0.1:11311\ncert = /pki/server.pem\nkey = /pki/server.key\n")
        self.serve("stunnel", "/etc/stunnel/server.conf")

    def database(self):
        if self.pgsql:
            make = f"""set -e
install -d -o postgres -m 700 /srv/pg
cd /srv/pg
runuser -u postgres -- {POSTGRES}/initdb -D /srv/pg --no-sync -A trust -E UTF8 --locale=C.UTF-8
printf 'local all all trust\\nhostssl all all all scram-sha-256\\n' >/srv/pg/pg_hba.conf"""
            self.run("bash", "-c", make)
            self.serve(f"{POSTGRES}/postgres", "-D", "/srv/pg", "-c", "ssl=on", "-c", "ssl_cert_file=/pki/server.pem",
                       "-c", "ssl_key_file=/pki/postgres.key", "-c", "fsync=off", "-c", "listen_addresses=*",
                       "-c", "unix_socket_directories=/tmp", user="postgres")
        else:
            self.run("bash", "-c", "install -d -o mysql -m 700 /srv/my; "
                     "mariadb-install-db --user=mysql --datadir=/srv/my --skip-test-db")
            self.serve("mariadbd", "--no-defaults", "--user=mysql", "--datadir=/srv/my", "--socket=/tmp/my.sock",
                       "--bind-address=*", "--skip-name-resolve", "--require-secure-transport", "--ssl-ca=/pki/ca.pem",
                       "--ssl-cert=/pki/server.pem", "--ssl-key=/pki/mysql.key", "--innodb-flush-log-at-trx-commit=0",
                       "--pid-file=/tmp/my.pid")
        def answers():
            try:
                return self.sql("SELECT 1", database=None)
            except RuntimeError:
                return None
        wait_for("the database", answers)
        self.user(PASSWORD, new=True)

    def sql(self, text, database="moodle"):
        """Runs statements as the database's own administrator; returns what they answered, line by line."""
        if self.pgsql:
            command = ["psql", "-h", "/tmp", "-U", "postgres", "-Atqc", text, database or "postgres"]
        else:
            command = ["mariadb", "--no-defaults", "-S", "/tmp/my.sock", "-u", "root", "-BNe", text, *([database] if database else [])]
        return self.run(*command).splitlines()

    def user(self, password, new=False):
        verb = "CREATE" if new else "ALTER"
        quoted = password.replace("'", "''")
        if self.pgsql:
            self.sql(f"{verb} ROLE moodle LOGIN PASSWORD '{quoted}'", database=None)
            if new:
                self.sql("CREATE DATABASE moodle OWNER moodle", database=None)
        else:
            quoted = quoted.replace("\\", "\\\\")
            self.sql(f"{verb} USER moodle IDENTIFIED BY '{quoted}'", database=None)

    def empty(self):
        """Makes database and shared files as they are before the first server has booted."""
        if self.pgsql:
            self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION moodle; "
                     "CREATE TABLE audit (at SERIAL PRIMARY KEY, node TEXT, what TEXT); "
                     "ALTER TABLE audit OWNER TO moodle")
        else:
            self.sql("DROP DATABASE IF EXISTS moodle; CREATE DATABASE moodle CHARACTER SET utf8mb4; "
                     "GRANT ALL ON moodle.* TO moodle; CREATE TABLE moodle.audit "
                     "(at INT AUTO_INCREMENT PRIMARY KEY, node VARCHAR(40), what VARCHAR(40))", database=None)
        for it in os.listdir(f"{self.base}/efs"):
            path = f"{self.base}/efs/{it}"
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for it in ("fsap-0d", "fsap-0c", "fsap-0e"):
            os.mkdir(f"{self.base}/efs/{it}")
            os.chown(f"{self.base}/efs/{it}", 48, 48)
        shutil.rmtree(f"{self.base}/aws/parameters", ignore_errors=True)

    def audit(self, what):
        """Returns how often something happened."""
        return int(self.sql(f"SELECT COUNT(*) FROM audit WHERE what = '{what}'")[0])

    def report(self, node):
        with open(f"{self.base}/aws/parameters/Moodle/campus/report/{node.instance}") as file:
            return json.load(file)

    def web(self):
        """Serves what instances ask: who they are, and archives."""
        world = self

        class Metadata(http.server.BaseHTTPRequestHandler):
            def answer(self, code, text):
                self.send_response(code)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_PUT(self):
                fits = self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
                self.answer(200 if fits else 400, "the-token")

            def do_GET(self):
                number = self.client_address[0].split(".")[2]
                if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
                    self.answer(401, "")
                elif self.path == "/latest/meta-data/instance-id":
                    self.answer(200, f"i-000000000000000{number}")
                else:
                    self.answer(404, "")

            def log_message(self, *_):
                pass

        class Archives(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = world.files.get(f"https://{self.headers['Host']}{self.path}")
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                self.wfile.write(found or b"")

            def log_message(self, *_):
                pass

        metadata = http.server.ThreadingHTTPServer(("169.254.169.254", 80), Metadata)
        archives = http.server.ThreadingHTTPServer((WEB, 443), Archives)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.base}/pki/server.pem", f"{self.base}/pki/server.key")
        archives.socket = context.wrap_socket(archives.socket, server_side=True)
        for it in (metadata, archives):
            threading.Thread(target=it.serve_forever, daemon=True).start()
        with open(f"{self.base}/pki/ca.pem", "rb") as file:
            self.files["https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"] = file.read()
