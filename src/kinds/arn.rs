//! ARNs that are known before AWS has told them.

use crate::aws::Cx;

/// Returns the ARN of something in the account and region of `cx`.
pub(super) fn arn(cx: &Cx, service: &str, resource: &str) -> String {
    let (region, account) = (cx.region(), cx.account());
    format!("arn:{}:{service}:{region}:{account}:{resource}", partition_of(region))
}

/// Returns the partition that a region is in.
pub(super) fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_a_partition() {
        let of = |regions: [&str; 3]| regions.map(partition_of);
        assert_eq!(of(["cn-north-1", "us-gov-west-1", "us-east-1"]), ["aws-cn", "aws-us-gov", "aws"]);
    }
}
