//! The life of a database with its network: applied by the engine against an emulator, changed, taken down.

use crate::support::emulator::REGION;
use crate::support::stack::{Stack, blocked};

fn spec(database: &str) -> String {
    format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\"; flow-logs #false; }}; database {{ {database} }} }}"
    )
}

#[tokio::test]
async fn a_database_comes_changes_in_place_and_goes() {
    let mut stack = Stack::new(900).await;
    stack.apply(&spec("")).await;
    let cluster = stack.output("database-cluster");
    assert!(cluster.starts_with("campus-database-"), "{cluster}");
    assert!(stack.output("database-endpoint").contains(".cluster-"));
    assert!(stack.output("database-reader-endpoint").contains(".cluster-ro-"));
    assert!(stack.output("database-secret").starts_with("arn:aws:secretsmanager:"));
    let instances = [stack.output("database-instance-1"), stack.output("database-instance-2")];

    // Everything that a user changes most is changed in place: the same cluster, the same instances.
    let steps = stack.apply(&spec("backup-days 7; serverless min=1 max=8; deletion-protection #true")).await;
    let expected = ["cluster", "instance[\"1\"]", "instance[\"2\"]"].map(|it| format!("update database.{it}"));
    assert_eq!(steps, expected.into());
    assert_eq!(stack.output("database-cluster"), cluster);
    assert_eq!([stack.output("database-instance-1"), stack.output("database-instance-2")], instances);
    let steps = stack.apply(&spec("instances \"db.r7g.large\" count=1; backup-days 7")).await;
    assert_eq!(steps.len(), 2, "a change and a removal, and the limits stay for the next time: {steps:?}");

    // Another user is another database: refused until it is named.
    let other = stack.plan(Some(&spec("username \"teacher\"")), &[]).await;
    assert!(blocked(&other).contains(&"database.cluster".to_owned()), "{:?}", blocked(&other));
    let other = stack.plan(Some(&spec("engine \"aurora-mysql\"")), &[]).await;
    assert!(blocked(&other).contains(&"database.cluster".to_owned()), "{:?}", blocked(&other));

    assert_eq!(blocked(&stack.plan(None, &[]).await), ["database.cluster"]);
    // AWS protects it, and whoever names it has decided already.
    stack.destroy(&["database.cluster"]).await;
    assert!(stack.cx.rds().describe_db_clusters().send().await.unwrap().db_clusters().is_empty());
    assert!(stack.cx.rds().describe_db_instances().send().await.unwrap().db_instances().is_empty());
    assert!(stack.cx.rds().describe_db_subnet_groups().send().await.unwrap().db_subnet_groups().is_empty());
}

#[tokio::test]
async fn a_mysql_database_is_reached_by_its_own_port() {
    let mut stack = Stack::new(901).await;
    stack.apply(&spec("engine \"aurora-mysql\"; serverless")).await;
    assert_eq!(stack.output("database-port"), "3306");
    let rules = stack.cx.ec2().describe_security_group_rules().send().await.unwrap();
    let to = |port: i32| rules.security_group_rules().iter().filter(|it| it.to_port() == Some(port)).count();
    assert_eq!((to(3306), to(5432)), (2, 0));
}
