//! A wire between the binary and the emulator that can hold what goes over it, or be cut.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What the wire holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing has reached the emulator.
    Requests,
    /// The emulator has done what it was asked, and nobody knows.
    Answers,
}

/// A proxy on loopback. Its threads end with the test process.
pub(super) struct Proxy {
    pub(super) url: String,
    wire: Arc<Wire>,
}

struct Wire {
    behind: SocketAddr,
    /// So many requests go through; then every connection is cut. Negative: no limit.
    budget: AtomicI64,
    gate: Mutex<Gate>,
    moved: Condvar,
}

/// What is held.
#[derive(Debug, Default)]
struct Gate {
    /// What to hold, and after how many requests.
    hold: Option<(Hold, u64)>,
    requests: u64,
    held: usize,
    /// The number of times that all that was held was lost.
    lost: u64,
}

impl Proxy {
    /// Returns a proxy before the server at `url`.
    pub(super) fn before(url: &str) -> Proxy {
        let behind = url.strip_prefix("http://").unwrap().parse().unwrap();
        let wire = Arc::new(Wire { behind, budget: AtomicI64::new(-1), gate: Mutex::default(), moved: Condvar::new() });
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

    /// Lets so many more requests through, then cuts every connection.
    pub(super) fn cut_after(&self, requests: i64) {
        self.wire.budget.store(requests, Ordering::SeqCst);
    }

    pub(super) fn mend(&self) {
        self.wire.budget.store(-1, Ordering::SeqCst);
    }

    /// Lets so many requests through from the beginning, and holds those after them.
    pub(super) fn hold_after(&self, requests: u64, what: Hold) {
        self.wire.gate.lock().unwrap().hold = Some((what, requests));
    }

    /// Waits until something is held; a minute at most.
    #[track_caller]
    pub(super) fn wait_held(&self) {
        let gate = self.wire.gate.lock().unwrap();
        let waited = self.wire.moved.wait_timeout_while(gate, Duration::from_mins(1), |it| it.held == 0).unwrap();
        assert!(!waited.1.timed_out(), "nothing is held: {:?}", waited.0);
    }

    /// Lets everything through again.
    pub(super) fn release(&self) {
        self.wire.gate.lock().unwrap().hold = None;
        self.wire.moved.notify_all();
    }

    /// Loses what is held, and lets everything after it through.
    pub(super) fn lose(&self) {
        let mut gate = self.wire.gate.lock().unwrap();
        gate.hold = None;
        gate.lost += 1;
        drop(gate);
        self.wire.moved.notify_all();
    }
}

impl Wire {
    fn serve(self: &Arc<Wire>, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(self.behind)?;
        let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
        let wire = Arc::clone(self);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // Ends with the connection, whoever closes it.
            while let Ok(count) = answers.read(&mut buffer) {
                if count == 0 || !wire.passes(Hold::Answers) || back.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _closed = back.shutdown(Shutdown::Both);
        });
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = client.read(&mut buffer)?;
            if count == 0 {
                return server.shutdown(Shutdown::Write);
            }
            if ["POST ", "GET ", "PUT ", "DELETE "].iter().any(|it| buffer.starts_with(it.as_bytes())) {
                self.gate.lock().unwrap().requests += 1;
                if !self.may_pass() || !self.passes(Hold::Requests) {
                    client.shutdown(Shutdown::Both)?;
                    return server.shutdown(Shutdown::Both);
                }
            }
            server.write_all(&buffer[..count])?;
        }
    }

    /// Waits while this is held; `false` when it is lost then.
    fn passes(&self, what: Hold) -> bool {
        let holds = |gate: &Gate| gate.hold.is_some_and(|(hold, after)| hold == what && after < gate.requests);
        let mut gate = self.gate.lock().unwrap();
        if !holds(&gate) {
            return true;
        }
        let lost = gate.lost;
        gate.held += 1;
        self.moved.notify_all();
        let mut gate = self.moved.wait_while(gate, |it| holds(it) && it.lost == lost).unwrap();
        gate.held -= 1;
        gate.lost == lost
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
