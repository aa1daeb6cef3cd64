//! Files and names that somebody made up to do harm: refused with a reason, soon, and in little memory.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::run::{Desk, Ended, SMALL};

/// As much memory as a command may have, in KiB: an apply takes about a tenth of it.
const MEMORY: u64 = 1_500_000;

/// Runs the binary in little memory; it has half a minute, and must end by itself.
#[track_caller]
fn ends_soon(desk: &Desk, codes: &[i32], arguments: &[&str]) -> Ended {
    let inner = desk.command("");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")).arg(inner.get_program()).args(arguments);
    shell.current_dir(desk.folder()).env_clear().stdin(Stdio::null());
    shell.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let begun = Instant::now();
    let ended = Ended::of(shell.output().unwrap());
    let told = || format!("{arguments:?}: {:?} {} {}", ended.code, short(&ended.out), short(&ended.talk));
    assert!(ended.code.is_some_and(|it| codes.contains(&it)), "{}", told());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}: {}", begun.elapsed(), told());
    assert!(ended.talk.len() < 100_000, "{}", told());
    ended
}

fn short(text: &str) -> String {
    text.chars().take(2000).collect()
}

fn put(desk: &Desk, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(desk.path("state")).unwrap();
    moodle_infra::state::file::replace(&desk.path(name), bytes).unwrap();
}

#[test]
fn names_lead_nowhere() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    // A state beside the folder that is meant.
    std::fs::copy(desk.path("state/campus.json"), desk.path("outside.json")).unwrap();
    let long = "a".repeat(100_000);
    for name in
        ["../outside", "..", ".", "", "/etc/passwd", "campus/../../outside", "a\nb", "é", "%2e%2e", long.as_str()]
    {
        for command in [["state", "list", "--stack"], ["lock", "status", "--"], ["state", "scan", "--"]] {
            let all: Vec<&str> = command.into_iter().chain([name]).collect();
            ends_soon(&desk, &[64], &all);
        }
        ends_soon(&desk, &[64], &["unlock", "--reason", "x", "--", name]);
        let spec = SMALL.replace("\"campus\"", &format!("{name:?}"));
        desk.write(&spec);
        let refused = ends_soon(&desk, &[3], &["plan", "campus.kdl"]);
        assert!(refused.talk.len() < 5000, "{}", short(&refused.talk));
    }
    for spec in ["moodle \"a\\u{0}b\" { network; }", "moodle \"a\0b\" { network; }"] {
        desk.write(spec);
        ends_soon(&desk, &[3], &["plan", "campus.kdl"]);
    }
    let names = std::fs::read_dir(desk.folder()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names, ["campus.kdl", "outside.json", "state"]);
    // A file with a name that no stack has is nobody's state.
    put(&desk, "state/..x y.json", b"{}");
    assert!(desk.ends_with(0, "state list").out.contains("network.vpc"));
}

#[test]
fn links_and_pipes_are_not_followed() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    for ending in ["json", "journal", "lock", "notes"] {
        let name = format!("state/campus.{ending}");
        let there = std::fs::read(desk.path(&name)).ok();
        let (aim, file) = (desk.path("aim"), desk.path(&name));
        moodle_infra::state::file::replace(&aim, there.as_deref().unwrap_or_default()).unwrap();
        let _old = std::fs::remove_file(&file);
        std::os::unix::fs::symlink(&aim, &file).unwrap();
        let command: &[&str] = if ending == "notes" { &["lock", "status"] } else { &["plan", "campus.kdl"] };
        let refused = ends_soon(&desk, &[5], command);
        // Opening a lock for writing says it in the system's words.
        assert!(refused.talk.contains("symbolic link"), "{ending}: {}", refused.talk);
        assert_eq!(std::fs::read(&aim).unwrap(), there.clone().unwrap_or_default(), "{ending}");
        std::fs::remove_file(&file).unwrap();
        // A pipe that nobody writes would be waited for.
        assert!(Command::new("mkfifo").arg("-m").arg("600").arg(&file).status().unwrap().success());
        ends_soon(&desk, &[5], command);
        std::fs::remove_file(&file).unwrap();
        if let Some(there) = there {
            put(&desk, &name, &there);
        }
    }
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}

#[test]
fn huge_files_are_refused_by_their_size() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "plan campus.kdl --out a.plan");
    let grow = |name: &str, begin: &[u8]| {
        put(&desk, name, begin);
        let file = File::options().write(true).open(desk.path(name)).unwrap();
        // Takes no room on the disk: it is a hole.
        file.set_len(5 << 30).unwrap();
    };
    grow("a.plan", b"{");
    let refused = ends_soon(&desk, &[66], &["apply", "a.plan"]);
    assert!(refused.talk.contains("too large"), "{}", refused.talk);
    ends_soon(&desk, &[5], &["state", "scan", "--plan", "a.plan"]);
    grow("campus.kdl", b"moodle");
    ends_soon(&desk, &[66], &["plan", "campus.kdl"]);
    ends_soon(&desk, &[66], &["validate", "/dev/zero"]);
    desk.write(SMALL);
    for name in ["state/campus.json", "state/campus.journal", "state/campus.lock"] {
        grow(name, b"{");
        let refused = ends_soon(&desk, &[5], &["plan", "campus.kdl"]);
        assert!(refused.talk.contains("has 5368709120 bytes"), "{}", refused.talk);
        std::fs::remove_file(desk.path(name)).unwrap();
    }
}

#[test]
fn what_is_small_on_disk_stays_small_in_memory() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "plan campus.kdl --out a.plan");
    let megabytes = |piece: &str, size: usize| piece.repeat((size << 20) / piece.len());
    let plan = std::fs::read_to_string(desk.path("a.plan")).unwrap();
    for text in [
        // Sixteen times as much as values.
        format!("{{\"format\":[0{}]}}", megabytes(",0", 60)),
        format!("{{\"format\":[{}]}}", megabytes("{},", 60)),
        format!("{{\"format\":{}", megabytes("[", 60)),
        format!("{{\"format\":{}", megabytes("{\"a\":", 60)),
        format!("{{\"format\":\"{}\"}}", megabytes("a", 60)),
        format!("{{\"format\":{}}}", megabytes("9", 60)),
        format!("{{\"version\":1e999999999,{}", &plan[1..]),
        format!("{{\"version\":1,{}", &plan[1..]),
        plan.replace("\"serial\": 0", "\"serial\": 18446744073709551616"),
        plan.replace("\"serial\": 0", "\"serial\": -1"),
        plan.replacen("\"step\": ", "\"step\": 99999", 1),
    ] {
        put(&desk, "a.plan", text.as_bytes());
        ends_soon(&desk, &[5], &["apply", "a.plan"]);
        put(&desk, "state/campus.json", text.as_bytes());
        ends_soon(&desk, &[5], &["state", "list"]);
        // What it is for does not matter to this one.
        ends_soon(&desk, &[0, 5], &["state", "scan"]);
        std::fs::remove_file(desk.path("state/campus.json")).unwrap();
        put(&desk, "state/campus.journal", format!("{text}\n").as_bytes());
        ends_soon(&desk, &[5], &["state", "list"]);
        std::fs::remove_file(desk.path("state/campus.journal")).unwrap();
    }
    for text in [
        megabytes("a {", 1),
        megabytes("network ", 1),
        format!("moodle \"{}\"", megabytes("a", 1)),
        megabytes("\u{0}", 1),
    ] {
        desk.write(&text);
        ends_soon(&desk, &[3], &["plan", "campus.kdl"]);
    }
    std::fs::set_permissions(desk.path("campus.kdl"), PermissionsExt::from_mode(0o600)).unwrap();
    put(&desk, "campus.kdl", b"moodle \"campus\" { \xff\xfe }");
    ends_soon(&desk, &[3], &["plan", "campus.kdl"]);
}
