//! What AWS Backup may do with the stack's data: copy it, and nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use super::Facts;
use crate::kind::Text;
use crate::kind::values::Policy;

/// Only AWS Backup, on behalf of this account, may take the role on.
pub(super) fn trust(facts: &Facts) -> Policy {
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "backup.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": facts.account() } },
        }],
    }))
}

/// What AWS's own policy for backups allows, for these resources and their copies alone.
pub(super) fn copying(facts: &Facts, resources: &BTreeSet<Text>, vault: &Text) -> Policy {
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    let copies = format!("arn:{partition}:rds:{region}:{account}:cluster-snapshot:awsbackup:*");
    let of_copies: Vec<Text> = resources.iter().cloned().chain([Text::from(copies.clone())]).collect();
    let within = json!({ "StringEquals": { "aws:ResourceAccount": account } });
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Copy",
                "Effect": "Allow",
                "Action": [
                    "elasticfilesystem:Backup",
                    "elasticfilesystem:DescribeTags",
                    "rds:AddTagsToResource",
                    "rds:CopyDBClusterSnapshot",
                    "rds:CreateDBClusterSnapshot",
                    "rds:ListTagsForResource",
                ],
                "Resource": of_copies,
            },
            { "Sid": "Expire", "Effect": "Allow", "Action": "rds:DeleteDBClusterSnapshot", "Resource": copies },
            { "Sid": "Vault", "Effect": "Allow", "Action": "backup:DescribeBackupVault", "Resource": vault },
            // AWS Backup lists them without naming one.
            {
                "Sid": "Look",
                "Effect": "Allow",
                "Action": [
                    "rds:DescribeDBClusterAutomatedBackups",
                    "rds:DescribeDBClusterSnapshots",
                    "rds:DescribeDBClusters",
                    "tag:GetResources",
                ],
                "Resource": "*",
            },
            { "Sid": "Keys", "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*", "Condition": within },
            {
                "Sid": "Grants",
                "Effect": "Allow",
                "Action": "kms:CreateGrant",
                "Resource": "*",
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
            },
        ],
    }))
}
