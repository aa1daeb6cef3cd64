//! A tiny HTTP server on the loopback interface, for tests of what happens on the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// The header lines, lower-cased.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// What the server does with a request.
pub(crate) enum Answer {
    /// Answers with this status and body.
    Say(u16, String),
    /// Closes the connection without a word.
    HangUp,
}

/// A server that lives until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that answers each request by `answer`.
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let stopped = Arc::<AtomicBool>::default();
        let (log, stop) = (Arc::clone(&requests), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                serve(&mut stream.unwrap(), &log, &answer);
            }
        });
        Server { address, requests, stopped, thread: Some(thread) }
    }

    /// Returns `http://127.0.0.1:…`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests that arrived so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes `incoming`.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(stream: &mut TcpStream, log: &Mutex<Vec<Request>>, answer: &impl Fn(&Request) -> Answer) {
    let Some(request) = received(stream) else { return };
    log.lock().unwrap().push(request.clone());
    if let Answer::Say(status, body) = answer(&request) {
        let lines = format!("content-length: {}\r\nx-amzn-requestid: r-1\r\nconnection: close", body.len());
        let head = format!("HTTP/1.1 {status} X\r\n{lines}\r\n\r\n");
        drop(stream.write_all(format!("{head}{body}").as_bytes()));
    }
}

fn received(stream: &mut TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut request = Request::default();
    while !request.head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        request.head.push_str(&line.to_lowercase());
    }
    let length = request.head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// Returns the address of a port on which nobody listens.
pub(crate) fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
