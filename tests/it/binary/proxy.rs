//! A wire between the binary and the emulator that can be slow, or cut.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A proxy on loopback. Its threads end with the test process.
pub(super) struct Proxy {
    pub(super) url: String,
    wire: Arc<Wire>,
}

struct Wire {
    behind: SocketAddr,
    /// Each request is held for so long, in milliseconds.
    delay: AtomicU64,
    /// So many requests go through; then every connection is cut. Negative: no limit.
    budget: AtomicI64,
}

impl Proxy {
    /// Returns a proxy before the server at `url`.
    pub(super) fn before(url: &str) -> Proxy {
        let behind = url.strip_prefix("http://").unwrap().parse().unwrap();
        let wire = Arc::new(Wire { behind, delay: AtomicU64::new(0), budget: AtomicI64::new(-1) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepting = Arc::clone(&wire);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wire = Arc::clone(&accepting);
                // A connection that breaks is what these tests are about.
                std::thread::spawn(move || wire.serve(stream).ok());
            }
        });
        Proxy { url, wire }
    }

    pub(super) fn slow_down(&self, delay: Duration) {
        self.wire.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Lets so many more requests through, then cuts every connection.
    pub(super) fn cut_after(&self, requests: i64) {
        self.wire.budget.store(requests, Ordering::SeqCst);
    }

    pub(super) fn mend(&self) {
        self.wire.budget.store(-1, Ordering::SeqCst);
    }
}

impl Wire {
    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(self.behind)?;
        let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
        std::thread::spawn(move || {
            // Ends with the connection, whoever closes it.
            let _ended = std::io::copy(&mut answers, &mut back);
            let _closed = back.shutdown(Shutdown::Both);
        });
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = client.read(&mut buffer)?;
            if count == 0 {
                return server.shutdown(Shutdown::Write);
            }
            if buffer.starts_with(b"POST ") || buffer.starts_with(b"GET ") {
                std::thread::sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst)));
                if !self.may_pass() {
                    client.shutdown(Shutdown::Both)?;
                    return server.shutdown(Shutdown::Both);
                }
            }
            server.write_all(&buffer[..count])?;
        }
    }

    fn may_pass(&self) -> bool {
        let spent = |left: i64| match left {
            0 => None,
            left if left < 0 => Some(left),
            left => Some(left - 1),
        };
        self.budget.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spent).is_ok()
    }
}
