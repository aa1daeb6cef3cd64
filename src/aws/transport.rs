//! What lies between the SDK's clients and the network: counts every call, logs it, records it for tests, and
//! injects faults.
//!
//! An interceptor marks each request with its operation; the connector reads the mark. Requests without a mark, such
//! as those of the SDK's own sign-in, pass untouched and uncounted. Bodies and headers are never logged, because they
//! may carry secrets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

use super::answers;
use super::faults::{Fault, Faults};

/// A handle on the transport of a [`super::Cx`]; its clones are one.
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    calls: BTreeMap<String, u64>,
    /// `None`: nobody asked to record.
    recorded: Option<Vec<Recorded>>,
    /// How many of these came before the last [`Wire::record`].
    before: usize,
    faults: Faults,
    /// What the user wants to be slower, by service.
    limits: BTreeMap<String, Limit>,
}

/// The least time between two calls to a service, and the time of the next one.
#[derive(Debug)]
struct Limit {
    every: Duration,
    next: Option<Instant>,
}

/// A request as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The operation, `ec2:CreateVpc`.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers, but for those that sign in.
    pub headers: Vec<(String, String)>,
    /// The body as a text; empty where it is a stream.
    pub body: String,
    /// The body as it is.
    pub bytes: Vec<u8>,
}

impl Wire {
    /// Returns the number of calls made so far by operation: IAM's prefix of the service and the API's own name.
    ///
    /// A call counts when it is made, whatever becomes of it.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.log().calls.clone()
    }

    /// Records all requests that follow.
    pub fn record(&self) {
        let mut log = self.log();
        log.before = log.recorded.get_or_insert_default().len();
    }

    /// Returns the requests since the last [`Wire::record`].
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        let log = self.log();
        log.recorded.as_ref().map_or_else(Vec::new, |all| all[log.before..].to_vec())
    }

    /// Returns the requests since the first [`Wire::record`].
    #[must_use]
    pub fn history(&self) -> Vec<Recorded> {
        self.log().recorded.clone().unwrap_or_default()
    }

    /// Injects `faults` from now on, in place of those before.
    pub fn inject(&self, faults: Faults) {
        self.log().faults = faults;
    }

    /// Makes at most so many calls a second to a service (IAM's prefix) from now on.
    pub fn limit(&self, service: &str, per_second: f64) {
        let limit = Limit { every: Duration::from_secs_f64(1.0 / per_second), next: None };
        self.log().limits.insert(service.to_owned(), limit);
    }

    /// Returns how many calls to a service may be on their way: more would only wait for each other, and a user who
    /// interrupts for them.
    #[must_use]
    pub fn room(&self, service: &str) -> Option<usize> {
        let fits = |it: &Limit| Duration::from_secs(1).div_duration_f64(it.every).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 1000")]
        self.log().limits.get(service).map(|it| fits(it) as usize)
    }

    /// Returns when the next call to a service may be sent, which it then must be.
    fn turn(&self, service: &str) -> Option<Instant> {
        let mut log = self.log();
        let limit = log.limits.get_mut(service)?;
        let now = Instant::now();
        let turn = limit.next.map_or(now, |next| next.max(now));
        limit.next = Some(turn + limit.every);
        Some(turn)
    }

    /// Returns `config` with this wire around its HTTP client.
    pub(crate) fn tap(&self, config: &SdkConfig) -> SdkConfig {
        let inner = config.http_client().unwrap_or_else(|| network(ProxyConfig::disabled()));
        config.to_builder().http_client(Tapped { inner, wire: self.clone() }).build()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts and records a call, and returns what is to go wrong with it.
    fn note(&self, operation: &str, request: &HttpRequest) -> Option<Fault> {
        let mut log = self.log();
        *log.calls.entry(operation.to_owned()).or_default() += 1;
        if let Some(recorded) = &mut log.recorded {
            recorded.push(Recorded::of(operation, request));
        }
        log.faults.next(operation)
    }
}

impl Recorded {
    fn of(operation: &str, request: &HttpRequest) -> Recorded {
        let secret = |name: &str| matches!(name, "authorization" | "x-amz-security-token");
        let bytes = request.body().bytes().unwrap_or_default();
        let headers = request.headers().iter().filter(|(name, _)| !secret(name));
        Recorded {
            operation: operation.to_owned(),
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.to_owned(),
        }
    }
}

/// Returns the real HTTP client. Without it the SDK has none: its default features are off.
pub(crate) fn network(proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        if let Some(settings) = settings {
            connector = connector.connector_settings(settings.clone());
        }
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    })
}

/// Marks each request of one client with its operation. Holds IAM's prefix of the service.
#[derive(Debug)]
pub(crate) struct Mark(pub(crate) &'static str);

/// The mark on a request.
#[derive(Debug, Clone)]
struct Call {
    service: &'static str,
    operation: String,
}

#[dyn_dispatch_hint]
impl Intercept for Mark {
    fn name(&self) -> &'static str {
        "Mark"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = cfg.load::<Metadata>().map_or("", Metadata::name);
        let operation = format!("{}:{name}", self.0);
        context.request_mut().add_extension(Call { service: self.0, operation });
        Ok(())
    }
}

#[derive(Debug)]
struct Tapped {
    inner: SharedHttpClient,
    wire: Wire,
}

impl HttpClient for Tapped {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Line { inner, wire: self.wire.clone() })
    }
}

#[derive(Debug)]
struct Line {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(call) = request.extension::<Call>().cloned() else {
            return self.inner.call(request);
        };
        let (wire, inner) = (self.wire.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            if let Some(turn) = wire.turn(call.service) {
                tokio::time::sleep_until(turn).await;
            }
            let fault = wire.note(&call.operation, &request);
            let started = Instant::now();
            let answer = carry(&inner, &call, request, fault).await;
            trace(&call.operation, &answer, started);
            answer
        })
    }
}

async fn carry(
    inner: &SharedHttpConnector,
    call: &Call,
    request: HttpRequest,
    fault: Option<Fault>,
) -> Result<HttpResponse, ConnectorError> {
    match fault {
        None => inner.call(request).await,
        Some(Fault::LoseRequest) => Err(lost("the request was lost (injected)")),
        Some(Fault::LoseAnswer) => {
            drop(inner.call(request).await?);
            Err(lost("the answer was lost (injected)"))
        }
        Some(Fault::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            inner.call(request).await
        }
        Some(Fault::Throttle) => Ok(answers::throttled(call.service, &request)),
        Some(Fault::ServerError) => Ok(answers::failed(call.service, &request)),
        Some(Fault::DieBefore) => die(),
        Some(Fault::DieAfter) => {
            drop(inner.call(request).await);
            die()
        }
        Some(Fault::Panic) => {
            let answer = inner.call(request).await;
            panic!(
                "a panic at {} (injected), with {}",
                call.operation,
                if answer.is_ok() { "an answer" } else { "none" }
            )
        }
    }
}

fn lost(what: &str) -> ConnectorError {
    ConnectorError::io(what.into())
}

/// Ends the process as `kill -9` does: nothing is flushed, no handler runs.
fn die() -> ! {
    let died = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    panic!("bug: alive after SIGKILL ({died:?})");
}

fn trace(operation: &str, answer: &Result<HttpResponse, ConnectorError>, started: Instant) {
    let milliseconds = started.elapsed().as_millis();
    match answer {
        Ok(answer) => {
            let header = |name| answer.headers().get(name);
            let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).unwrap_or("-");
            tracing::trace!(operation, status = answer.status().as_u16(), request_id, milliseconds, "call");
        }
        Err(error) => tracing::trace!(operation, %error, milliseconds, "call without an answer"),
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

    use super::*;
    use crate::aws::connect::{Login, Options, connect};
    use crate::aws::loopback::{Answer, Request, Server};
    use crate::aws::{Cx, Effect, Error, call};

    /// Answers STS, EC2 and IAM, each in its protocol.
    fn answer(request: &Request) -> Answer {
        let body = match request.body.split('&').next().unwrap_or_default() {
            "Action=GetCallerIdentity" => {
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>"
            }
            "Action=CreateVpc" => "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>",
            "Action=DeleteVpc" => "<DeleteVpcResponse><return>true</return></DeleteVpcResponse>",
            _ => return Answer::Say(400, String::new()),
        };
        Answer::Say(200, body.to_owned())
    }

    async fn connected(server: &Server) -> Cx {
        let login = Login::keys("AKIDTEST", "secret-of-test");
        let options = Options { login, region: Some("eu-west-1".to_owned()), endpoint: Some(server.url()) };
        connect(options).await.unwrap()
    }

    async fn create(cx: &Cx) -> Result<String, Error> {
        let answer = call("ec2:CreateVpc", cx.ec2().create_vpc().cidr_block("10.0.0.0/16").send().await)?;
        Ok(answer.vpc.and_then(|it| it.vpc_id).unwrap())
    }

    fn arrived(server: &Server, action: &str) -> usize {
        server.requests().iter().filter(|it| it.body.starts_with(action)).count()
    }

    #[tokio::test]
    async fn lost_requests_and_answers_are_unknown_and_not_repeated_by_the_sdk() {
        let server = Server::start(answer);
        let cx = connected(&server).await;
        let faults = Faults::default().on("ec2:CreateVpc", 1, Fault::LoseRequest);
        cx.wire().inject(faults.on("ec2:CreateVpc", 2, Fault::LoseAnswer));

        let lost = create(&cx).await.unwrap_err();
        assert_eq!((lost.effect, lost.code.as_deref()), (Effect::Unknown, None));
        assert_eq!(lost.message, "dispatch failure: io error: the request was lost (injected)");
        assert_eq!(arrived(&server, "Action=CreateVpc"), 0);

        let lost = create(&cx).await.unwrap_err();
        assert_eq!((lost.effect, lost.code.as_deref()), (Effect::Unknown, None));
        assert_eq!(arrived(&server, "Action=CreateVpc"), 1);

        assert_eq!(create(&cx).await.unwrap(), "vpc-1");
        assert_eq!(cx.calls()["ec2:CreateVpc"], 3);
    }

    #[tokio::test]
    async fn throttling_has_no_effect_in_every_protocol_and_a_server_error_is_unknown() {
        let server = Server::start(answer);
        let cx = connected(&server).await;
        let throttle = |faults: Faults, operation| faults.on(operation, 1, Fault::Throttle);
        let all = ["ec2:CreateVpc", "iam:ListRoles", "logs:DescribeLogGroups"].into_iter();
        cx.wire().inject(all.fold(Faults::default(), throttle).on("ec2:CreateVpc", 2, Fault::ServerError));

        let ec2 = create(&cx).await.unwrap_err();
        let iam = call("iam:ListRoles", cx.iam().list_roles().send().await).unwrap_err();
        let logs = call("logs:DescribeLogGroups", cx.logs().describe_log_groups().send().await).unwrap_err();
        let told = |error: &Error| (error.code.clone().unwrap_or_default(), error.is_throttling(), error.effect);
        assert_eq!(told(&ec2), ("RequestLimitExceeded".to_owned(), true, Effect::None));
        assert_eq!(told(&iam), ("Throttling".to_owned(), true, Effect::None));
        assert_eq!(told(&logs), ("ThrottlingException".to_owned(), true, Effect::None));
        assert_eq!(ec2.request_id.as_deref(), Some("injected-0000"));

        let failed = create(&cx).await.unwrap_err();
        assert_eq!(told(&failed), ("InternalError".to_owned(), false, Effect::Unknown));
        assert_eq!(arrived(&server, "Action=CreateVpc"), 0);
    }

    #[tokio::test]
    async fn what_the_wire_itself_does_is_sorted() {
        let code = |status: u16, code: &str| {
            let error = format!("<Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors>");
            Answer::Say(status, format!("<Response>{error}<RequestID>r-1</RequestID></Response>"))
        };
        let server = Server::start(move |request| match arrived_cidr(request) {
            "1" => Answer::HangUp,
            "2" => code(400, "InvalidVpc.Range"),
            "3" => code(503, "RequestLimitExceeded"),
            "4" => code(500, "InternalError"),
            "5" => Answer::Say(502, "<html>bad gateway</html>".to_owned()),
            "6" => Answer::Say(404, "nothing here".to_owned()),
            _ => answer(request),
        });
        let cx = connected(&server).await;
        let mut effects = Vec::new();
        for cidr in ["1", "2", "3", "4", "5", "6"] {
            let answer = cx.ec2().create_vpc().cidr_block(cidr).send().await;
            effects.push(call("ec2:CreateVpc", answer).unwrap_err().effect);
        }
        let (none, unknown) = (Effect::None, Effect::Unknown);
        assert_eq!(effects, [unknown, none, none, unknown, unknown, unknown]);
    }

    fn arrived_cidr(request: &Request) -> &str {
        request.body.split("CidrBlock=").nth(1).unwrap_or_default()
    }

    #[tokio::test]
    async fn calls_are_counted_and_recorded_over_regions_and_accounts() {
        let server = Server::start(answer);
        let cx = connected(&server).await;
        cx.wire().record();
        create(&cx).await.unwrap();
        create(&cx.at("us-east-1")).await.unwrap();
        call("ec2:DeleteVpc", cx.ec2().delete_vpc().vpc_id("vpc-1").send().await).unwrap();

        let calls: Vec<_> = cx.calls().into_iter().collect();
        let counted = |name: &str, count| (name.to_owned(), count);
        assert_eq!(
            calls,
            [counted("ec2:CreateVpc", 2), counted("ec2:DeleteVpc", 1), counted("sts:GetCallerIdentity", 1)]
        );
        let recorded = cx.wire().recorded();
        let told: Vec<_> = recorded.iter().map(|it| (it.operation.as_str(), it.body.as_str())).collect();
        let created = ("ec2:CreateVpc", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16");
        assert_eq!(told, [created, created, ("ec2:DeleteVpc", "Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1")]);
        let named = |name: &str| recorded.iter().flat_map(|it| &it.headers).any(|(header, _)| header == name);
        assert!(named("content-type") && !named("authorization"), "{:?}", recorded[0].headers);
    }

    #[tokio::test]
    async fn a_delay_comes_before_the_call() {
        let server = Server::start(answer);
        let cx = connected(&server).await;
        cx.wire().inject(Faults::default().on("*", 1, Fault::Delay(Duration::from_millis(300))));
        let started = Instant::now();
        create(&cx).await.unwrap();
        assert!(Duration::from_millis(300) <= started.elapsed());
    }

    #[tokio::test]
    async fn a_limit_spreads_the_calls_to_a_service_over_all_regions() {
        let server = Server::start(answer);
        let cx = connected(&server).await;
        cx.wire().limit("ec2", 10.0);
        assert_eq!((cx.wire().room("ec2"), cx.wire().room("iam")), (Some(10), None));
        let started = Instant::now();
        let elsewhere = cx.at("us-east-1");
        let (one, two, three) = tokio::join!(create(&cx), create(&elsewhere), create(&cx));
        assert_eq!([one, two, three].map(Result::unwrap), ["vpc-1", "vpc-1", "vpc-1"]);
        assert!(Duration::from_millis(200) <= started.elapsed(), "{:?}", started.elapsed());
        cx.wire().limit("ec2", 0.5);
        assert_eq!(cx.wire().room("ec2"), Some(1));
    }

    #[tokio::test]
    async fn without_credentials_nothing_is_sent_so_nothing_can_have_happened() {
        let server = Server::start(answer);
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(Nobody))
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .endpoint_url(server.url());
        let error = create(&Cx::new(&config.build(), "111122223333", "eu-west-1")).await.unwrap_err();
        assert_eq!((error.effect, error.code), (Effect::None, None));
        assert!(error.message.contains("the token has expired"), "{}", error.message);
        assert!(server.requests().is_empty());
    }

    #[derive(Debug)]
    struct Nobody;

    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::provider_error("the token has expired")))
        }
    }
}
