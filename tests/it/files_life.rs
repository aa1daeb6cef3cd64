//! The life of a stack with shared files, over the real engine and the sandbox's emulator: apply, nothing to do, a
//! change in place, a change that would lose what is stored, destroy.

use crate::support::emulator::REGION;
use crate::support::stack::{Stack, blocked, steps};

fn spec(files: &str) -> String {
    format!("moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\" }}; files {{ {files} }} }}")
}

#[tokio::test]
async fn a_job_fills_a_file_system_and_its_end_is_no_drift() {
    let mut stack = Stack::new(7_701).await;
    let with = |gib: i32| spec(&format!("throughput \"bursting\"; seed-gib {gib}"));
    stack.apply(&with(512)).await;
    assert_eq!(servers(&stack).await, 1);
    let name = "/Moodle/campus/seed";
    let first = stack.cx.ssm().get_parameter().name(name).send().await.unwrap().parameter.unwrap();
    assert_eq!(first.value(), Some("{\"state\":\"waiting\"}"));

    // The server says that it is done, and ends itself.
    done(&stack).await;
    assert!(stack.plan(Some(&with(512)), &[]).await.is_empty());
    assert!(stack.plan(Some(&with(512)), &[]).await.drift.is_empty());

    let more: Vec<String> = stack.apply(&with(600)).await.into_iter().collect();
    assert_eq!(more, ["update files.seed.job", "update files.seed.template"]);
    assert_eq!(servers(&stack).await, 1, "the rest is written");
    done(&stack).await;
    let less: Vec<String> = stack.apply(&with(100)).await.into_iter().collect();
    assert_eq!(less, ["update files.seed.job", "update files.seed.template"]);
    assert_eq!(servers(&stack).await, 0, "nothing is deleted");

    let none = stack.apply(&spec("throughput \"bursting\"")).await;
    assert!(none.iter().all(|it| it.starts_with("delete files.seed.") || it == "delete files.access-point[\"seed\"]"));
    assert!(stack.cx.ssm().get_parameter().name(name).send().await.is_err());
    stack.destroy(&["files.file-system"]).await;
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    assert!(groups.auto_scaling_groups().is_empty());
}

async fn servers(stack: &Stack) -> usize {
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    groups.auto_scaling_groups().iter().map(|it| it.instances().len()).sum()
}

/// Does what the server does at its end.
async fn done(stack: &Stack) {
    let put = stack.cx.ssm().put_parameter().name("/Moodle/campus/seed").overwrite(true);
    put.value("{\"state\":\"done\"}").r#type(aws_sdk_ssm::types::ParameterType::String).send().await.unwrap();
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    let group = groups.auto_scaling_groups()[0].auto_scaling_group_name().unwrap();
    let set = stack.cx.autoscaling().set_desired_capacity().auto_scaling_group_name(group).desired_capacity(0);
    set.send().await.unwrap();
    assert_eq!(servers(stack).await, 0);
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
