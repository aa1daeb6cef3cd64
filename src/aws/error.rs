//! Failed calls, sorted: did it have an effect, may it be tried again. The only place that knows `SdkError`.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The operation as IAM writes it, `ec2:CreateVpc`.
    pub operation: &'static str,
    /// The error code on the wire; `None` where no answer came.
    pub code: Option<String>,
    /// What AWS says, or what went wrong on the way.
    pub message: String,
    /// The id under which AWS's support finds the call.
    pub request_id: Option<String>,
    /// Whether the call may have changed something.
    pub effect: Effect,
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} failed: ", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Whether a failed call may have changed something in AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// AWS refused the call: nothing happened.
    None,
    /// The answer was lost, or AWS failed while it worked: it may or may not have happened.
    Unknown,
}

/// The codes with which AWS services say "slower". EC2 says so with status 503.
const THROTTLING: &[&str] = &[
    "APICallRateForCustomerExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
];

impl Error {
    /// Returns a failure that AWS did not name, after calls that may have changed something.
    #[must_use]
    pub fn unknown(operation: &'static str, message: impl Into<String>) -> Error {
        Error { operation, code: None, message: message.into(), request_id: None, effect: Effect::Unknown }
    }

    /// Returns a failure found before anything was sent, or a refusal inside a successful answer.
    #[must_use]
    pub fn refused(operation: &'static str, code: impl Into<String>, message: impl Into<String>) -> Error {
        Error { operation, code: Some(code.into()), message: message.into(), request_id: None, effect: Effect::None }
    }

    /// Whether AWS answered with this code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether AWS asks for fewer calls.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        self.code.as_deref().is_some_and(|code| THROTTLING.contains(&code))
    }
}

/// Returns the answer of `operation` (as IAM writes it), or its sorted failure.
///
/// A refusal has no effect: a status in 400..500 **and** a code, or a throttling code. Everything else is unknown,
/// except a request that could not even be built or signed.
///
/// # Errors
/// The failure of the call.
pub fn call<T, E>(operation: &'static str, answer: std::result::Result<T, SdkError<E, HttpResponse>>) -> Result<T>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    answer.map_err(|error| sorted(operation, &error))
}

fn sorted<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let mut failed = Error::unknown(operation, chain(error));
    match error {
        SdkError::ConstructionFailure(_) => failed.effect = Effect::None,
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            failed.code = meta.code().map(str::to_owned);
            failed.request_id = meta.extra("aws_request_id").map(str::to_owned);
            let status = service.raw().status().as_u16();
            failed.message = match meta.message() {
                Some(message) => message.to_owned(),
                None => format!("an answer with status {status} and no message"),
            };
            let refused = (400..500).contains(&status) && failed.code.is_some();
            if refused || failed.is_throttling() {
                failed.effect = Effect::None;
            }
        }
        // Without credentials the request could not be signed, and was not sent.
        _ if cause::<CredentialsError>(error).is_some() => failed.effect = Effect::None,
        _ => {}
    }
    failed
}

/// Returns an error and its causes in one line, each said once.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |it| it.source()).map(ToString::to_string);
    causes.fold(String::new(), |mut line, cause| {
        if !line.contains(&cause) {
            line.push_str(if line.is_empty() { "" } else { ": " });
            line.push_str(&cause);
        }
        line
    })
}

/// Returns the first of an error and its causes that is an `E`.
pub(crate) fn cause<'a, E: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |it| it.source()).find_map(|it| it.downcast_ref())
}
