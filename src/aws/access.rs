//! Why AWS cannot be reached or does not let us in: one enum, and for each what to do.

use aws_credential_types::provider::error::CredentialsError;

use super::error::{Error, chain};

/// Why there is no connection to an AWS account.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No source of credentials has any.
    #[error("no AWS credentials found{}", of_profile(profile.as_deref()))]
    NoCredentials {
        /// The profile asked for.
        profile: Option<String>,
        /// What each source said.
        tried: String,
    },
    /// A session token, an SSO or a console sign-in is past its time, or was never made.
    #[error("the AWS sign-in{} is missing or has expired: {why}", of_profile(profile.as_deref()))]
    Expired {
        /// The profile in use.
        profile: Option<String>,
        /// How that profile signs in.
        sign_in: SignIn,
        /// What the SDK or AWS says.
        why: String,
    },
    /// There is a source of credentials, but it does not work.
    #[error("AWS credentials{} cannot be loaded: {why}", of_profile(profile.as_deref()))]
    BadCredentials {
        /// The profile in use.
        profile: Option<String>,
        /// What the SDK says.
        why: String,
    },
    /// AWS does not accept the keys.
    #[error("AWS does not accept the credentials: {0}")]
    InvalidKeys(Error),
    /// The computer's clock is wrong, so that signatures are not accepted.
    #[error("AWS does not accept the signature, because this computer's clock is wrong: {0}")]
    Clock(Error),
    /// The configuration files cannot be read.
    #[error("the AWS configuration cannot be read: {0}")]
    BadProfiles(String),
    /// The profile asked for is in no configuration file.
    #[error("no AWS profile is called `{name}`")]
    UnknownProfile {
        /// The profile asked for.
        name: String,
        /// The profiles that exist, sorted.
        known: Vec<String>,
    },
    /// Neither the spec nor the user's configuration names a region.
    #[error("no AWS region is given")]
    NoRegion,
    /// There is no region of that name.
    #[error("there is no AWS region `{name}`")]
    NoSuchRegion {
        /// The name asked for.
        name: String,
    },
    /// The region exists, but the account has not opted in.
    #[error("the AWS region `{name}` is not enabled in this account: {error}")]
    RegionNotEnabled {
        /// The region.
        name: String,
        /// What AWS says.
        error: Error,
    },
    /// The endpoint's address cannot be used.
    #[error("the endpoint `{url}` is not a URL")]
    BadEndpoint {
        /// What stands in its place.
        url: String,
    },
    /// No answer from the endpoint.
    #[error("AWS cannot be reached{}: {why}", at_endpoint(endpoint.as_deref()))]
    Unreachable {
        /// The endpoint, where it is not AWS's own.
        endpoint: Option<String>,
        /// What went wrong on the way.
        why: String,
    },
    /// AWS refuses for another reason.
    #[error("AWS refuses: {0}")]
    Refused(Error),
}

/// How a profile gets its credentials, as far as it matters for what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// `aws sso login`.
    Sso,
    /// `aws login`.
    Console,
    /// Keys, a process or a role.
    Other,
}

/// The regions that every account has without opting in; the list is closed since 2019.
const ALWAYS_ENABLED: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The codes with which services refuse keys that they do not know. A region that is not enabled says the same.
const UNKNOWN_KEYS: &[&str] = &[
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl AccessError {
    /// Returns what to do about it; commands stand on lines of their own, indented.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            AccessError::NoCredentials { tried, .. } => format!(
                "sign in with the AWS CLI, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY:\n    aws login\nor try \
                 everything on this computer alone, without an account, with `--sandbox`\ntried: {tried}"
            ),
            AccessError::Expired { profile, sign_in, .. } => sign_in.help(profile.as_deref()),
            AccessError::BadCredentials { profile, .. } => {
                let option = profile.as_ref().map(|it| format!(" --profile {it}")).unwrap_or_default();
                format!("see what the AWS CLI says:\n    aws sts get-caller-identity{option}")
            }
            AccessError::InvalidKeys(_) => "check the access key and the secret, and that the key is not deactivated; \
                 temporary keys also need AWS_SESSION_TOKEN\n    aws sts get-caller-identity"
                .to_owned(),
            AccessError::Clock(_) => "set the clock, for example:\n    sudo timedatectl set-ntp true".to_owned(),
            AccessError::BadProfiles(_) => "correct ~/.aws/config or ~/.aws/credentials".to_owned(),
            AccessError::UnknownProfile { name, known } => unknown_profile(name, known),
            AccessError::NoRegion => "name it in the spec, or set AWS_REGION".to_owned(),
            AccessError::NoSuchRegion { name } => match nearest(name, ALWAYS_ENABLED.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "list the regions:\n    aws account list-regions".to_owned(),
            },
            AccessError::RegionNotEnabled { name, .. } => {
                format!("enable it, which takes some minutes:\n    aws account enable-region --region-name {name}")
            }
            AccessError::BadEndpoint { .. } => {
                "write it like http://127.0.0.1:4566, or unset AWS_ENDPOINT_URL".to_owned()
            }
            AccessError::Unreachable { endpoint: Some(_), .. } => {
                "check that the endpoint is running and that its address is right".to_owned()
            }
            AccessError::Unreachable { endpoint: None, .. } => {
                "check the network; behind a proxy, set HTTPS_PROXY; where it has its own certificate authority, set \
                 SSL_CERT_FILE"
                    .to_owned()
            }
            AccessError::Refused(_) => "see what the AWS CLI says:\n    aws sts get-caller-identity".to_owned(),
        }
    }
}

impl SignIn {
    fn help(self, profile: Option<&str>) -> String {
        let option = profile.map(|it| format!(" --profile {it}")).unwrap_or_default();
        match self {
            SignIn::Sso => format!("sign in again:\n    aws sso login{option}"),
            SignIn::Console => format!("sign in again:\n    aws login{option}"),
            SignIn::Other => "get new temporary credentials from where these came from".to_owned(),
        }
    }
}

/// What the sources of credentials say; the SDK's own error cannot be cloned.
#[derive(Debug)]
pub(crate) struct Unloaded {
    /// No source has any.
    none: bool,
    /// The causes.
    why: String,
}

impl Unloaded {
    /// Returns what `error` says.
    pub(crate) fn of(error: &CredentialsError) -> Unloaded {
        let none = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        // The outermost text says nothing but "an error occurred".
        Unloaded { none, why: std::error::Error::source(error).map_or_else(|| error.to_string(), chain) }
    }

    /// Sorts it.
    pub(crate) fn sorted(self, profile: Option<&str>, sign_in: SignIn) -> AccessError {
        let (Unloaded { none, why }, profile) = (self, profile.map(str::to_owned));
        match none {
            true => AccessError::NoCredentials { profile, tried: why },
            false if is_sign_in_trouble(&why, sign_in) => AccessError::Expired { profile, sign_in, why },
            false => AccessError::BadCredentials { profile, why },
        }
    }
}

/// The SDK's errors for these are private types: only their texts can be told apart. The last three are what it says
/// when nobody ever signed in.
fn is_sign_in_trouble(why: &str, sign_in: SignIn) -> bool {
    let says = |texts: &[&str]| texts.iter().any(|it| why.contains(it));
    let never = ["cached SSO token", "cached Login token", "failed to read `"];
    says(&["expired", "Expired", "UnauthorizedException"]) || (sign_in != SignIn::Other && says(&never))
}

/// Sorts a refusal, or the lack of an answer, of the first call.
pub(crate) fn of_call(error: Error, profile: Option<&str>, sign_in: SignIn, endpoint: Option<&str>) -> AccessError {
    let Some(code) = error.code.clone() else {
        return AccessError::Unreachable { endpoint: endpoint.map(str::to_owned), why: error.message };
    };
    let late = ["Signature expired", "Signature not yet current"].iter().any(|it| error.message.contains(it));
    match code.as_str() {
        "RequestExpired" | "RequestTimeTooSkewed" => AccessError::Clock(error),
        _ if late => AccessError::Clock(error),
        "ExpiredToken" | "ExpiredTokenException" => {
            AccessError::Expired { profile: profile.map(str::to_owned), sign_in, why: error.message }
        }
        code if UNKNOWN_KEYS.contains(&code) => AccessError::InvalidKeys(error),
        _ if error.effect == super::Effect::Unknown => {
            AccessError::Unreachable { endpoint: endpoint.map(str::to_owned), why: error.to_string() }
        }
        _ => AccessError::Refused(error),
    }
}

/// Whether a region may be one that the account has to enable first.
pub(crate) fn needs_opt_in(region: &str) -> bool {
    !ALWAYS_ENABLED.contains(&region)
}

/// Whether a name has the shape of a region's name: `eu-west-1`, `us-gov-east-1`.
pub(crate) fn looks_like_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let words = |parts: &[&str]| parts.iter().all(|it| !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase()));
    match parts.as_slice() {
        [area @ .., number] => area.len() >= 2 && words(area) && number.parse::<u8>().is_ok(),
        [] => false,
    }
}

fn unknown_profile(name: &str, known: &[String]) -> String {
    let near = nearest(name, known.iter().map(String::as_str));
    let meant = near.map(|it| format!("did you mean `{it}`? ")).unwrap_or_default();
    match known {
        [] => "there are no profiles yet; make one:\n    aws configure sso".to_owned(),
        known => format!("{meant}the profiles are: {}", known.join(", ")),
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.map(|it| (strsim::damerau_levenshtein(name, it), it)).filter(|(distance, _)| *distance <= 2);
    close.min().map(|(_, it)| it)
}

fn of_profile(profile: Option<&str>) -> String {
    profile.map(|it| format!(" of profile `{it}`")).unwrap_or_default()
}

fn at_endpoint(endpoint: Option<&str>) -> String {
    endpoint.map(|it| format!(" at {it}")).unwrap_or_default()
}
