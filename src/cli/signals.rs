//! Interrupts: the first drains, the second drops what is under way, the third exits.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::failure::Exit;
use crate::apply::Stop;

/// Starts to listen to Ctrl-C, SIGTERM and SIGHUP.
///
/// Where the system refuses a handler, the signal keeps its default: the process ends, and the journal remembers.
pub(super) fn listen() -> UnboundedReceiver<Stop> {
    let (send, receive) = unbounded_channel();
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    if let [Ok(interrupt), Ok(terminate), Ok(hangup)] = signals {
        let listening = forward(interrupt, terminate, hangup, send);
        // It lives as long as the process and touches nothing of the apply loop.
        #[expect(clippy::disallowed_methods, reason = "not a task of the engine")]
        drop(tokio::spawn(listening));
    }
    receive
}

async fn forward(mut interrupt: Signal, mut terminate: Signal, mut hangup: Signal, send: UnboundedSender<Stop>) {
    for asked in [Some(Stop::Drain), Some(Stop::Drop), None] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        match asked {
            // The receiver is gone when the apply has ended: the next signal means the process.
            Some(asked) if send.send(asked).is_ok() => {}
            _ => exit(),
        }
    }
}

#[expect(clippy::exit, reason = "the third interrupt: the user does not want to wait for anything")]
fn exit() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}
