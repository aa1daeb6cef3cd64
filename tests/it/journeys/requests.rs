//! What no property says because a kind always does it, shown on the requests of every journey.

use super::journeys;

/// What every request of an operation must say.
const ALWAYS: &[(&str, &[&str])] = &[
    (
        "cloudfront:CreateDistributionWithTags",
        &[
            "<OriginSslProtocols><Quantity>1</Quantity><Items><SslProtocol>TLSv1.2</SslProtocol></Items></OriginSslProtocols>",
        ],
    ),
    (
        "ec2:CreateLaunchTemplate",
        &[
            "LaunchTemplateData.MetadataOptions.HttpTokens=required",
            "LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted=true",
        ],
    ),
    (
        "ec2:CreateLaunchTemplateVersion",
        &[
            "LaunchTemplateData.MetadataOptions.HttpTokens=required",
            "LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted=true",
        ],
    ),
    ("elasticache:CreateReplicationGroup", &["TransitEncryptionEnabled=true", "AtRestEncryptionEnabled=true"]),
    ("elasticfilesystem:CreateFileSystem", &["\"Encrypted\":true"]),
    ("rds:CreateDBCluster", &["StorageEncrypted=true", "ManageMasterUserPassword=true", "DeletionProtection=true"]),
    ("rds:DeleteDBCluster", &["SkipFinalSnapshot=false", "FinalDBSnapshotIdentifier="]),
];

#[tokio::test]
async fn what_is_stored_is_encrypted_and_servers_want_tokens() {
    let all: Vec<_> = journeys().await.iter().flat_map(|it| &it.all).collect();
    for (operation, members) in ALWAYS {
        let requests = || all.iter().filter(|it| it.operation == *operation);
        assert!(0 < requests().count(), "{operation} is never called");
        for (request, member) in requests().flat_map(|it| members.iter().map(move |member| (it, member))) {
            assert!(request.body.contains(member), "{operation}: no {member} in {}", request.body);
        }
    }
}
