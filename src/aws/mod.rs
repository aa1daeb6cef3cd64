//! Everything that talks to AWS: clients, errors, tags, transport. No engine module knows an SDK type.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_config::{Region, SdkConfig};

pub mod error;
pub mod tags;

pub use error::{Effect, Error, Result, call};

/// What a kind gets to make its calls with: the clients of one account and one region.
#[derive(Clone)]
pub struct Cx(Arc<Inner>);

struct Inner {
    account: String,
    region: String,
    config: SdkConfig,
    others: Arc<Mutex<BTreeMap<String, Cx>>>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
}

impl Cx {
    /// Returns the clients of `account` (12 digits) in `region`, configured by `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, account: &str, region: &str) -> Cx {
        Cx::within(config, account, region, Arc::default())
    }

    fn within(config: &SdkConfig, account: &str, region: &str, others: Arc<Mutex<BTreeMap<String, Cx>>>) -> Cx {
        let config = config.to_builder().region(Region::new(region.to_owned())).build();
        Cx(Arc::new(Inner {
            account: account.to_owned(),
            region: region.to_owned(),
            config,
            others,
            ec2: OnceLock::new(),
            iam: OnceLock::new(),
            logs: OnceLock::new(),
        }))
    }

    /// Returns the clients of the same account in another region.
    #[must_use]
    pub fn at(&self, region: &str) -> Cx {
        if region == self.0.region {
            return self.clone();
        }
        let mut others = self.0.others.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let make = || Cx::within(&self.0.config, &self.0.account, region, Arc::default());
        others.entry(region.to_owned()).or_insert_with(make).clone()
    }

    /// Returns the account's twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// Returns the region's name.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// Returns the EC2 client.
    #[must_use]
    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.0.ec2.get_or_init(|| aws_sdk_ec2::Client::new(&self.0.config))
    }

    /// Returns the IAM client.
    #[must_use]
    pub fn iam(&self) -> &aws_sdk_iam::Client {
        self.0.iam.get_or_init(|| aws_sdk_iam::Client::new(&self.0.config))
    }

    /// Returns the CloudWatch Logs client.
    #[must_use]
    pub fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.0.logs.get_or_init(|| aws_sdk_cloudwatchlogs::Client::new(&self.0.config))
    }
}
