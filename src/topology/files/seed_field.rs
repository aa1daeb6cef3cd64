//! The `seed-gib` field: how much a bursting file system is filled with, and what that costs.

use super::Throughput;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::network::Network;

/// As many GiB as the reference architecture writes at most.
const MOST: i32 = 6144;
/// What a bursting file system may do without credits, in KiB a second for each GiB that it holds.
const BASELINE_KIB: i32 = 50;

/// Prices in US cents, of us-east-1: a GiB of Standard storage a month, a GiB read with elastic throughput, a MiB a second
/// of provisioned throughput a month.
const STORED: i32 = 30;
const READ: i32 = 3;
const PROVISIONED: i32 = 600;
/// Where the prices are from, and when.
const SOURCE: &str = "prices of us-east-1 in June 2026, https://aws.amazon.com/efs/pricing/";

/// What the field is read beside.
pub(super) struct Beside<'a> {
    pub throughput: Option<Throughput>,
    /// Whether AWS Backup copies what is written.
    pub backup: bool,
    /// Whether files that nobody opens go to cheaper storage.
    pub lifecycle: bool,
    pub network: Option<&'a Option<Network>>,
}

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, form: &mut Form<'_>, beside: &Beside<'_>) -> Option<i32> {
    let Beside { throughput, backup, lifecycle, network } = *beside;
    let Some(node) = form.field(cx, "seed-gib") else { return Some(0) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "seed-gib 0");
    let gib = value.and_then(|it| cx.whole(it, "`seed-gib`", 0, MOST));
    form.close(cx);
    let gib = gib?;
    if gib == 0 {
        return Some(gib);
    }
    if let Some(throughput @ (Throughput::Elastic | Throughput::Provisioned(_))) = throughput {
        let word = throughput.word();
        let detail = format!(
            "The throughput is \"{word}\", and only that of bursting file systems grows with what they hold. {}",
            costs(gib)
        );
        cx.error("files::seed-gib", node.name.span, "Data of no use", detail)
            .help("Remove `seed-gib`, or write throughput \"bursting\".");
        return None;
    }
    if lifecycle {
        let detail = "Nobody opens what is written, so `lifecycle` moves it to storage that makes nothing quicker.";
        cx.error("files::seed-gib", node.name.span, "Contradiction", detail).help("Remove `lifecycle` or `seed-gib`.");
        return None;
    }
    if !is_placed(cx, node, network) {
        return None;
    }
    let copies = if backup { " `backup` copies them too." } else { "" };
    let detail = format!("{}{copies} What is written stays when the number is made smaller.", costs(gib));
    cx.warning("files::seed-gib", node.name.span, "Dear throughput", detail)
        .help("Remove `throughput` and `seed-gib` for elastic throughput, or write throughput \"provisioned\" mibps=…");
    Some(gib)
}

/// Says what so much data costs, and what does the same for less.
fn costs(gib: i32) -> String {
    let dollars = |cents: i32| format!("{}.{:02} USD", cents / 100, cents % 100);
    let speed = |unit: i32| i64::from(gib) * i64::from(BASELINE_KIB) * i64::from(unit) / 1024;
    let provisioned = dollars(i32::try_from(speed(PROVISIONED)).unwrap_or(i32::MAX));
    let tenths = speed(10);
    format!(
        "{gib} GiB that nobody reads cost {} a month and keep {}.{} MiB a second. To provision these costs {provisioned}; \
         elastic throughput costs less while fewer than {} GiB are read in a month ({SOURCE}).",
        dollars(gib * STORED),
        tenths / 10,
        tenths % 10,
        gib * STORED / READ,
    )
}

/// Whether there is a place for the server that writes, or a fault of the network that says why not.
fn is_placed(cx: &mut Reader<'_>, node: &Node, network: Option<&Option<Network>>) -> bool {
    let Some(Some(Network::Existing(existing))) = network else { return true };
    if !existing.app.is_empty() {
        return true;
    }
    let detail = "The server that writes stands in an `app` subnet, and the existing network names none.";
    cx.error("files::seed-gib", node.name.span, "No subnet for the server", detail)
        .help("Write one in the network: existing vpc=\"vpc-…\" { app \"subnet-…\" }");
    false
}
