//! `--limit SERVICE=N`: fewer calls a second than AWS allows, where others need the account as well.

use crate::aws::SERVICES;

/// The most calls a second to a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// IAM's prefix of the service, as in the names of API calls: `ec2`, `elasticloadbalancing`.
    pub service: &'static str,
    /// How many.
    pub per_second: f64,
}

impl Limit {
    /// Reads `SERVICE=N`.
    ///
    /// # Errors
    /// What is wrong with it, and what it should be.
    pub fn parse(text: &str) -> Result<Limit, String> {
        let Some((name, number)) = text.split_once('=') else {
            return Err("write SERVICE=N, as in ec2=5".to_owned());
        };
        let Some(service) = SERVICES.iter().find(|it| **it == name) else {
            return Err(format!("there is no service `{name}`; these are: {}", SERVICES.join(", ")));
        };
        let per_second = number.parse::<f64>().ok().filter(|it| it.is_finite() && 0.01 <= *it && *it <= 1000.0);
        let Some(per_second) = per_second else {
            return Err(format!("`{number}` is not a number of calls a second from 0.01 to 1000, as in 5 or 0.5"));
        };
        Ok(Limit { service, per_second })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_service_and_a_number() {
        let limit = |service, per_second| Ok(Limit { service, per_second });
        assert_eq!(Limit::parse("ec2=5"), limit("ec2", 5.0));
        assert_eq!(Limit::parse("rds=0.5"), limit("rds", 0.5));
        for wrong in ["ec2=0", "ec2=-1", "ec2=inf", "ec2=NaN", "ec2=", "ec2=1e9", "ec2=five"] {
            let why = Limit::parse(wrong).unwrap_err();
            assert!(why.ends_with("is not a number of calls a second from 0.01 to 1000, as in 5 or 0.5"), "{why}");
        }
        assert_eq!(Limit::parse("ec2").unwrap_err(), "write SERVICE=N, as in ec2=5");
        let unknown = Limit::parse("EC2=5").unwrap_err();
        assert!(unknown.starts_with("there is no service `EC2`; these are: acm, autoscaling, backup,"), "{unknown}");
        assert!(unknown.contains(" ec2,") && unknown.contains("elasticloadbalancing"), "{unknown}");
    }
}
