//! Names of regions and zones, which are checked before anything is asked of AWS.

/// The regions of which a typing mistake is told. A newer one gets a warning only.
pub(super) const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Whether a text looks like the name of a region: `eu-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else { return false };
    let word = |it: &&str| !it.is_empty() && it.len() <= 10 && it.bytes().all(|it| it.is_ascii_lowercase());
    let number = (1..=2).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
    word(first) && !middle.is_empty() && middle.len() <= 2 && middle.iter().all(word) && number
}

/// Returns the region of a text that looks like the name of a zone: `eu-west-1a`.
pub(super) fn of_zone(text: &str) -> Option<&str> {
    let region = text.strip_suffix(|it: char| it.is_ascii_lowercase())?;
    is_region(region).then_some(region)
}

/// Returns the partition of a region, which its ARNs name.
pub(super) fn partition(region: &str) -> &'static str {
    match region.split('-').next().unwrap_or_default() {
        "cn" => "aws-cn",
        "eusc" => "aws-eusc",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions_and_zones() {
        for region in KNOWN {
            assert!(is_region(region), "{region}");
            assert_eq!(of_zone(&format!("{region}a")), Some(*region));
            assert_eq!(of_zone(region), None);
        }
        for bad in ["", "eu", "eu-west", "eu-west-", "EU-west-1", "eu-west-1a", "euw1-az1", "eu--1", "eu-west-100"] {
            assert!(!is_region(bad), "{bad}");
        }
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("eu-west-1"), "aws");
    }
}
