//! The life of a stack with shared files, over the real engine and the sandbox's emulator: apply, nothing to do, a
//! change in place, a change that would lose what is stored, destroy.

use crate::support::emulator::REGION;
use crate::support::stack::{Stack, blocked, steps};

fn spec(files: &str) -> String {
    format!("moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\" }}; files {{ {files} }} }}")
}

async fn file_systems(stack: &Stack) -> Vec<aws_sdk_efs::types::FileSystemDescription> {
    stack.cx.efs().describe_file_systems().send().await.unwrap().file_systems.unwrap_or_default()
}

#[tokio::test]
async fn files_are_made_changed_guarded_and_taken_down() {
    let mut stack = Stack::new(7_700).await;
    stack.apply(&spec("lifecycle infrequent-access-days=30 archive-days=90")).await;
    let id = stack.output("file-system");
    assert_eq!(stack.output("file-system-dns"), format!("{id}.efs.{REGION}.amazonaws.com"));
    for output in ["access-point-data", "access-point-cache", "access-point-temp"] {
        assert!(stack.output(output).starts_with("fsap-"), "{}", stack.output(output));
    }
    let there = file_systems(&stack).await;
    assert_eq!((there.len(), there[0].number_of_mount_targets, there[0].encrypted), (1, 2, Some(true)));

    let second = "throughput \"provisioned\" mibps=64; backup #false; lifecycle infrequent-access-days=7";
    let changed = stack.apply(&spec(second)).await;
    insta::assert_snapshot!(changed.into_iter().collect::<Vec<_>>().join("\n"), @"
    delete files.backup-policy
    update files.file-system
    update files.lifecycle
    ");
    let there = file_systems(&stack).await;
    assert_eq!(there[0].file_system_id, id);
    assert_eq!(there[0].provisioned_throughput_in_mibps, Some(64.0));

    // Another performance mode would be another file system.
    let other = stack.plan(Some(&spec("performance \"max-io\"")), &[]).await;
    assert!(blocked(&other).contains(&"files.file-system".to_owned()), "{:?}", steps(&other));

    assert_eq!(blocked(&stack.plan(None, &[]).await), ["files.file-system"]);
    stack.destroy(&["files.file-system"]).await;
    assert!(file_systems(&stack).await.is_empty());
    let points = stack.cx.efs().describe_access_points().send().await.unwrap();
    assert!(points.access_points().is_empty());
}
