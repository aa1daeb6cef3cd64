//! Disks that are full, or may not be written.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::inventory;
use super::run::{Desk, Ended, SMALL};

#[test]
fn a_full_disk_stops_the_apply_and_loses_nothing() {
    // The shell's unit is 512 bytes: the journal outgrows each of these in the middle of the apply.
    for blocks in [4, 16, 40] {
        let desk = Desk::with(SMALL);
        let inner = desk.command("apply campus.kdl --yes");
        let mut shell = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.arg("-c").arg(script).arg(inner.get_program()).args(inner.get_args());
        shell.current_dir(desk.folder()).env_clear().stdin(Stdio::null());
        shell.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = Ended::of(shell.output().unwrap());
        assert_eq!(ended.code, Some(5), "{blocks}: {} {}", ended.out, ended.talk);
        assert!(ended.talk.contains("cannot write") && ended.talk.contains("File too large"), "{}", ended.talk);
        assert!(ended.talk.contains("make room on the disk"), "{}", ended.talk);
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
        inventory::matches_state(&desk, "after a full disk");
    }
}

/// Permissions bind everybody but root, so as root the command runs as somebody else, whose the desk is then.
struct Somebody {
    desk: Desk,
    user: Option<u32>,
}

impl Somebody {
    fn at(desk: Desk) -> Somebody {
        const NOBODY: u32 = 65_534;
        let root = std::fs::metadata(desk.folder()).unwrap().uid() == 0;
        let user = root.then_some(NOBODY);
        let somebody = Somebody { desk, user };
        somebody.own(somebody.desk.folder());
        somebody.own(&somebody.desk.path("campus.kdl"));
        somebody
    }

    fn own(&self, path: &Path) {
        std::os::unix::fs::chown(path, self.user, self.user).unwrap();
    }

    fn ends_with(&self, code: i32, arguments: &str) -> Ended {
        let mut command = self.desk.command(arguments);
        if let Some(user) = self.user {
            // The program itself may stand where only root looks.
            let copy = self.desk.path("moodle-infra");
            if !copy.exists() {
                std::fs::copy(command.get_program(), &copy).unwrap();
            }
            let mut again = Command::new(copy);
            again.args(command.get_args()).current_dir(self.desk.folder()).stdin(Stdio::null()).env_clear();
            again.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).uid(user).gid(user);
            command = again;
        }
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, Some(code), "{arguments}: {} {}", ended.out, ended.talk);
        ended
    }

    fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.desk.path(name), PermissionsExt::from_mode(mode)).unwrap();
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_said_before_anything_is_made() {
    let somebody = Somebody::at(Desk::with(SMALL));
    std::fs::create_dir(somebody.desk.path("state")).unwrap();
    somebody.own(&somebody.desk.path("state"));
    somebody.mode("state", 0o500);
    let refused = somebody.ends_with(5, "apply campus.kdl --yes");
    assert!(refused.talk.contains("cannot write state/campus.lock"), "{}", refused.talk);
    assert!(refused.talk.contains("Permission denied") && refused.talk.contains("help: "), "{}", refused.talk);
    inventory::is_empty(&somebody.desk);
    somebody.mode("state", 0o700);
    somebody.ends_with(0, "apply campus.kdl --yes");
    inventory::matches_state(&somebody.desk, "after the folder may be written again");
}

#[test]
fn a_folder_that_may_not_be_written_any_more_loses_nothing() {
    let somebody = Somebody::at(Desk::with(SMALL));
    somebody.ends_with(0, "apply campus.kdl --yes");
    somebody.mode("state", 0o500);
    // The files that are there may still be written: the journal takes everything, the snapshot cannot be replaced.
    somebody.desk.write(&SMALL.replace("owner=\"it\"", "owner=\"ops\""));
    let done = somebody.ends_with(5, "apply campus.kdl --yes");
    assert!(done.out.contains("Done: "), "{}", done.out);
    assert!(done.talk.contains("cannot write state/campus.json"), "{}", done.talk);
    somebody.mode("state", 0o700);
    somebody.ends_with(0, "plan campus.kdl --detailed-exitcode");
    somebody.ends_with(0, "apply campus.kdl --yes");
    inventory::matches_state(&somebody.desk, "after the folder could not be written");
}
