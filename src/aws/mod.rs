//! Everything that talks to AWS: clients, errors, tags, transport. No engine module knows an SDK type.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_config::{Region, SdkConfig};

pub mod access;
pub mod answers;
pub mod connect;
pub mod error;
pub mod facts;
pub mod faults;
pub mod limits;
#[cfg(test)]
pub(crate) mod loopback;
pub mod offers;

pub mod present;
pub mod tags;
pub mod transport;

pub use error::{Effect, Error, Result, call};
use limits::Limits;
use transport::{Mark, Wire};

/// What a kind gets to make its calls with: the clients of one account and one region.
#[derive(Clone)]
pub struct Cx(Arc<Inner>);

struct Inner {
    account: String,
    region: String,
    /// Its HTTP client is `wire`'s.
    config: SdkConfig,
    wire: Wire,
    limits: Limits,
    others: Mutex<BTreeMap<String, Cx>>,
    clients: Clients,
}

impl Cx {
    /// Returns the clients of `account` (12 digits) in `region`, configured by `config`.
    ///
    /// The HTTP client of `config` is wrapped, so that calls are counted and faults can be injected ([`Cx::wire`]).
    #[must_use]
    pub fn new(config: &SdkConfig, account: &str, region: &str) -> Cx {
        Cx::limited(config, account, region, Limits::default())
    }

    /// Returns the same with limits that are known before.
    #[must_use]
    pub fn limited(config: &SdkConfig, account: &str, region: &str, limits: Limits) -> Cx {
        let wire = Wire::default();
        Cx::within(wire.tap(config), account, region, wire, limits)
    }

    fn within(config: SdkConfig, account: &str, region: &str, wire: Wire, limits: Limits) -> Cx {
        let config = config.into_builder().region(Region::new(region.to_owned())).build();
        let (account, region) = (account.to_owned(), region.to_owned());
        let (others, clients) = (Mutex::default(), Clients::default());
        Cx(Arc::new(Inner { account, region, config, wire, limits, others, clients }))
    }

    /// Returns the clients of the same account in another region.
    #[must_use]
    pub fn at(&self, region: &str) -> Cx {
        if region == self.0.region {
            return self.clone();
        }
        let mut others = self.0.others.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let make = || {
            let Inner { account, region: _, config, wire, limits, others: _, clients: _ } = &*self.0;
            Cx::within(config.clone(), account, region, wire.clone(), limits.clone())
        };
        others.entry(region.to_owned()).or_insert_with(make).clone()
    }

    /// Returns the clients of the same region for another account, of which only the number is known.
    #[must_use]
    pub(crate) fn of_account(&self, account: &str) -> Cx {
        let Inner { account: _, region, config, wire, limits, others: _, clients: _ } = &*self.0;
        Cx::within(config.clone(), account, region, wire.clone(), limits.clone())
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

    /// Returns the number of calls made so far by operation (`ec2:CreateVpc`), in all regions.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.0.wire.calls()
    }

    /// Returns how fast calls may be made; all regions share it.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Returns what lies between the clients and the network, to record calls and inject faults.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.0.wire
    }
}

/// Declares the clients and [`SERVICES`], each made at its first use: `method: crate as "IAM's prefix of the service"`, and what else its
/// configuration needs.
macro_rules! clients {
    ($($name:ident: $sdk:ident as $service:literal $(with $more:ident)?,)*) => {
        /// IAM's prefixes of the services that are called.
        pub const SERVICES: &[&str] = &[$($service),*];

        #[derive(Default)]
        struct Clients {
            $($name: OnceLock<$sdk::Client>,)*
        }

        impl Cx {
            $(
                #[doc = concat!("Returns the client of `", stringify!($sdk), "`.")]
                #[must_use]
                pub fn $name(&self) -> &$sdk::Client {
                    self.0.clients.$name.get_or_init(|| {
                        let config = $sdk::config::Builder::from(&self.0.config).interceptor(Mark($service));
                        $(let config = $more(&self.0.config, config);)?
                        $sdk::Client::from_conf(config.build())
                    })
                }
            )*
        }
    };
}

clients! {
    acm: aws_sdk_acm as "acm",
    autoscaling: aws_sdk_autoscaling as "autoscaling",
    backup: aws_sdk_backup as "backup",
    cloudfront: aws_sdk_cloudfront as "cloudfront",
    cloudwatch: aws_sdk_cloudwatch as "cloudwatch",
    ec2: aws_sdk_ec2 as "ec2",
    efs: aws_sdk_efs as "elasticfilesystem",
    elasticache: aws_sdk_elasticache as "elasticache",
    elbv2: aws_sdk_elasticloadbalancingv2 as "elasticloadbalancing",
    iam: aws_sdk_iam as "iam",
    kms: aws_sdk_kms as "kms",
    logs: aws_sdk_cloudwatchlogs as "logs",
    quotas: aws_sdk_servicequotas as "servicequotas",
    rds: aws_sdk_rds as "rds",
    route53: aws_sdk_route53 as "route53",
    s3: aws_sdk_s3 as "s3" with bucket_in_path,
    secrets: aws_sdk_secretsmanager as "secretsmanager",
    sns: aws_sdk_sns as "sns",
    ssm: aws_sdk_ssm as "ssm",
    sts: aws_sdk_sts as "sts",
    wafv2: aws_sdk_wafv2 as "wafv2",
}

/// At AWS the bucket's name is a part of the host; an emulator has one host for all.
fn bucket_in_path(config: &SdkConfig, s3: aws_sdk_s3::config::Builder) -> aws_sdk_s3::config::Builder {
    s3.force_path_style(config.endpoint_url().is_some())
}
