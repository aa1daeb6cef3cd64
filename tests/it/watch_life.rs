//! The life of a stack that is watched, over the real engine and the sandbox's emulator: apply, nothing to do, changes
//! in place, others that replace and take away, destroy, nothing left.

use aws_sdk_cloudwatch::types::MetricAlarm;
use aws_sdk_kms::types::KeyState;

use crate::support::emulator::REGION;
use crate::support::stack::{Stack, blocked};

async fn alarms(stack: &Stack) -> Vec<MetricAlarm> {
    stack.cx.cloudwatch().describe_alarms().send().await.unwrap().metric_alarms.unwrap_or_default()
}

fn spec(files: &str, watch: &str) -> String {
    let network = "network { zones 2; nat \"none\"; flow-logs #false }";
    let database = "database { serverless min=0.5 max=4 count=1; key \"own\" }";
    let files = format!("files {{ throughput \"bursting\"; key \"own\"; {files} }}");
    format!(
        "moodle \"campus\" {{ region \"{REGION}\"; {network}; {database}; {files}; cache \"session\"; watch {{ {watch} }} }}"
    )
}

#[tokio::test]
async fn a_watched_site_is_made_changed_and_taken_down() {
    let mut stack = Stack::new(8_600).await;
    stack.apply(&spec("burst-credit-alarms", "email \"ops@example.edu\"; backups")).await;

    let topic = stack.output("alarms-topic");
    assert_eq!(stack.output("alarms-mail-ops@example.edu"), "pending confirmation");
    assert!(stack.output("dashboard").ends_with(&format!("#dashboards/dashboard/campus-{REGION}")));
    let made = alarms(&stack).await;
    let warning = made.iter().find(|it| it.alarm_name() == Some("campus-files-burst-credits-warning")).unwrap();
    assert_eq!((warning.threshold(), warning.metrics().len()), (Some(180.0), 3));
    assert!(made.iter().all(|it| it.alarm_actions() == [topic.clone()]), "{made:?}");
    // Each key encrypts what it was made for.
    let cluster = stack.cx.rds().describe_db_clusters().send().await.unwrap().db_clusters.unwrap().remove(0);
    assert_eq!(cluster.kms_key_id(), Some(stack.output("database-key").as_str()));
    let file_system = stack.cx.efs().describe_file_systems().send().await.unwrap().file_systems.unwrap().remove(0);
    assert_eq!(file_system.kms_key_id(), Some(stack.output("files-key").as_str()));

    let files = "burst-credit-alarms warning-minutes=90 critical-minutes=30";
    let watch = "email \"help@example.edu\"; alarms #false; backups retain-days=7";
    let done: Vec<String> = stack.apply(&spec(files, watch)).await.into_iter().collect();
    insta::assert_snapshot!(done.join("\n"), @r#"
    create watch.subscription["help@example.edu"]
    delete watch.alarm["cache-session-1-connections"]
    delete watch.alarm["cache-session-1-cpu"]
    delete watch.alarm["cache-session-1-evictions"]
    delete watch.alarm["cache-session-1-memory"]
    delete watch.alarm["cache-session-2-connections"]
    delete watch.alarm["cache-session-2-cpu"]
    delete watch.alarm["cache-session-2-evictions"]
    delete watch.alarm["cache-session-2-memory"]
    delete watch.alarm["database-1-capacity"]
    delete watch.alarm["database-1-connections"]
    delete watch.alarm["database-1-cpu"]
    delete watch.alarm["files-io"]
    delete watch.subscription["ops@example.edu"]
    update files.alarm["files-burst-credits-critical"]
    update files.alarm["files-burst-credits-warning"]
    update watch.backup-plan
    "#);
    assert_eq!(alarms(&stack).await.len(), 2);

    let plan = stack.plan(Some(&spec("", "alarms #false")), &[]).await;
    assert_eq!(blocked(&plan), ["watch.backup-vault"], "copies are data");

    let mut data = blocked(&stack.plan(None, &[]).await);
    data.sort();
    let known = ["database.cluster", "database.key", "files.file-system", "files.key", "watch.backup-vault"];
    assert_eq!(data, known);
    stack.destroy(&known).await;
    nothing_is_left(&stack).await;
}

async fn nothing_is_left(stack: &Stack) {
    let cx = &stack.cx;
    assert!(alarms(stack).await.is_empty());
    assert!(cx.cloudwatch().list_dashboards().send().await.unwrap().dashboard_entries().is_empty());
    assert!(cx.sns().list_topics().send().await.unwrap().topics().is_empty());
    assert!(cx.backup().list_backup_vaults().send().await.unwrap().backup_vault_list().is_empty());
    assert!(cx.backup().list_backup_plans().send().await.unwrap().backup_plans_list().is_empty());
    let aliases = cx.kms().list_aliases().send().await.unwrap().aliases.unwrap_or_default();
    assert!(!aliases.iter().any(|it| it.alias_name().is_some_and(|it| it.contains("campus"))), "{aliases:?}");
    for key in cx.kms().list_keys().send().await.unwrap().keys() {
        let key = cx.kms().describe_key().key_id(key.key_id().unwrap()).send().await.unwrap().key_metadata.unwrap();
        // It can be brought back for thirty days.
        assert_eq!(key.key_state(), Some(&KeyState::PendingDeletion));
    }
}
