//! Signs in to an AWS account, or to an emulator, and finds out which account it is.
//!
//! The SDK's own retries are off: it would repeat a `CreateVpc` whose answer was lost and leave two VPCs. The engine
//! settles what happened and repeats. Only the first call, which changes nothing, is repeated here.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::os_shim_internal::{Env, Fs};

use super::access::{self, AccessError, SignIn, Unloaded};
use super::error::{Effect, Error, call, cause};
use super::{Cx, transport};

/// What to connect to, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// As whom.
    pub login: Login,
    /// The region; `None`: that of the user's configuration.
    pub region: Option<String>,
    /// One URL in place of all of AWS's endpoints; `None`: AWS's own, or what `AWS_ENDPOINT_URL` says.
    pub endpoint: Option<String>,
}

/// Where credentials come from.
#[derive(Debug, Clone, Default)]
pub enum Login {
    /// From where every AWS tool takes them: environment, profiles, SSO, `aws login`, container, instance role.
    #[default]
    User,
    /// From a profile of the user's configuration, whatever keys the environment has.
    Profile(String),
    /// Fixed keys. Nothing of the user's configuration or environment is read or sent.
    Keys(Credentials),
    /// From configuration text in place of the user's files, without the environment; for tests.
    Text {
        /// What `~/.aws/config` would say.
        config: String,
        /// The profile to use.
        profile: Option<String>,
    },
}

/// What the user's configuration says about the profile in use.
struct Profile {
    /// The name, where one was asked for.
    name: Option<String>,
    sign_in: SignIn,
    /// What the environment, or else the profile, gives in place of AWS's endpoints.
    endpoint: Option<String>,
}

impl Login {
    /// Returns fixed keys, with which nothing of the user's is used.
    #[must_use]
    pub fn keys(access: &str, secret: &str) -> Login {
        Login::Keys(Credentials::new(access, secret, None, None, "fixed"))
    }
}

const CONNECT: Duration = Duration::from_secs(5);
/// Longer than the slowest synchronous call (`CreateDistribution` takes some ten seconds).
const READ: Duration = Duration::from_mins(1);
/// How often the first call is made, and the first pause between; each next is twice as long.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Connects: loads the configuration, signs in, and asks AWS which account it is.
///
/// # Errors
/// Why that is not possible; [`AccessError::help`] says what to do.
pub async fn connect(options: Options) -> Result<Cx, AccessError> {
    let profile = profile_of(&options.login).await?;
    // Looked at before the SDK does, which panics over an `AWS_ENDPOINT_URL` that is set but empty.
    let url = options.endpoint.as_ref().or(profile.endpoint.as_ref());
    if let Some(url) = url.filter(|it| !it.starts_with("http://") && !it.starts_with("https://")) {
        return Err(AccessError::BadEndpoint { url: url.clone() });
    }
    let config = config_of(&options).await;
    let region = config.region().ok_or(AccessError::NoRegion)?.to_string();
    if !access::looks_like_region(&region) {
        return Err(AccessError::NoSuchRegion { name: region });
    }
    let endpoint = config.endpoint_url().map(str::to_owned);
    let cx = Cx::new(&config, "", &region);
    match account_of(&cx).await {
        Ok(account) => Ok(cx.of_account(&account)),
        Err(Failed::Credentials(why)) => Err(why.sorted(profile.name.as_deref(), profile.sign_in)),
        Err(Failed::Call(error)) => Err(explained(&cx, error, &profile, endpoint.as_deref()).await),
    }
}

/// How the first call fails.
enum Failed {
    Credentials(Unloaded),
    Call(Error),
}

async fn account_of(cx: &Cx) -> Result<String, Failed> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match ask(cx).await {
            Err(Failed::Call(error)) if error.effect == Effect::Unknown || error.is_throttling() => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            settled => return settled,
        }
    }
    ask(cx).await
}

async fn ask(cx: &Cx) -> Result<String, Failed> {
    let answer = cx.sts().get_caller_identity().send().await;
    if let Err(error) = &answer
        && let Some(error) = cause::<CredentialsError>(error)
    {
        return Err(Failed::Credentials(Unloaded::of(error)));
    }
    let identity = call("sts:GetCallerIdentity", answer).map_err(Failed::Call)?;
    let nameless = || Failed::Call(Error::unknown("sts:GetCallerIdentity", "the answer has no account"));
    identity.account.ok_or_else(nameless)
}

/// Sorts a failure of the first call, with a second question where one answer has two meanings.
async fn explained(cx: &Cx, error: Error, profile: &Profile, endpoint: Option<&str>) -> AccessError {
    let region = cx.region();
    match access::of_call(error, profile.name.as_deref(), profile.sign_in, endpoint) {
        // A region that is not enabled does not know the account's keys.
        AccessError::InvalidKeys(error) if access::needs_opt_in(region) && ask(&cx.at("us-east-1")).await.is_ok() => {
            AccessError::RegionNotEnabled { name: region.to_owned(), error }
        }
        AccessError::Unreachable { endpoint: None, why } if why.contains("dns error") && has_internet().await => {
            AccessError::NoSuchRegion { name: region.to_owned() }
        }
        sorted => sorted,
    }
}

async fn has_internet() -> bool {
    tokio::net::lookup_host(("sts.us-east-1.amazonaws.com", 443)).await.is_ok()
}

async fn config_of(options: &Options) -> SdkConfig {
    match &options.login {
        Login::Keys(keys) => fixed(options, keys),
        Login::User => loaded(options, started(options)).await,
        Login::Profile(name) => {
            let config = loaded(options, started(options).profile_name(name)).await;
            let keys = keys_of_profile(name, &config);
            config.into_builder().credentials_provider(keys).build()
        }
        Login::Text { config, profile } => {
            let mut loader = started(options).empty_test_environment().profile_files(files(config));
            if let Some(name) = profile {
                loader = loader.profile_name(name);
            }
            loaded(options, loader).await
        }
    }
}

/// The default chain asks the environment first: a stray `AWS_ACCESS_KEY_ID` would win over the profile asked for.
fn keys_of_profile(name: &str, config: &SdkConfig) -> SharedCredentialsProvider {
    let mut base = ProviderConfig::default().with_region(config.region().cloned()).with_sleep_impl(TokioSleep::new());
    if let Some(client) = config.http_client() {
        base = base.with_http_client(client);
    }
    SharedCredentialsProvider::new(
        ProfileFileCredentialsProvider::builder().configure(&base).profile_name(name).build(),
    )
}

fn started(options: &Options) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(network(options))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .app_name(app_name())
}

async fn loaded(options: &Options, mut loader: ConfigLoader) -> SdkConfig {
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &options.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    loader.load().await
}

/// Made by hand, because the loader would look at the environment (`AWS_ENDPOINT_URL_EC2`).
fn fixed(options: &Options, keys: &Credentials) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(network(options))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .app_name(app_name())
        .sleep_impl(TokioSleep::new())
        .credentials_provider(SharedCredentialsProvider::new(keys.clone()));
    config.set_region(options.region.clone().map(Region::new));
    config.set_endpoint_url(options.endpoint.clone());
    config.build()
}

fn network(options: &Options) -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let here = |url: &String| ["://127.", "://localhost", "://[::1]"].iter().any(|it| url.contains(it));
    let direct = options.endpoint.as_ref().is_some_and(here);
    transport::network(if direct { ProxyConfig::disabled() } else { ProxyConfig::from_env() })
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(READ).build()
}

fn app_name() -> AppName {
    AppName::new(concat!("moodle-infra-", env!("CARGO_PKG_VERSION"))).expect("bug: not an app name")
}

fn files(config: &str) -> EnvConfigFiles {
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config);
    files.with_contents(EnvConfigFileKind::Credentials, "").build()
}

/// Reads the profile in use before anything is asked of AWS: a name that does not exist is then said as such, and not
/// as "no region".
async fn profile_of(login: &Login) -> Result<Profile, AccessError> {
    let (files, env, asked) = match login {
        Login::Keys(_) => return Ok(Profile { name: None, sign_in: SignIn::Other, endpoint: None }),
        Login::User => (EnvConfigFiles::default(), Env::real(), None),
        Login::Profile(name) => (EnvConfigFiles::default(), Env::real(), Some(name.clone())),
        Login::Text { config, profile } => (files(config), Env::from_slice(&[]), profile.clone()),
    };
    let set = aws_config::profile::load(&Fs::real(), &env, &files, asked.clone().map(Into::into)).await;
    let set = set.map_err(|error| AccessError::BadProfiles(super::error::chain(&error)))?;
    let selected = set.selected_profile();
    let endpoint = env.get("AWS_ENDPOINT_URL").ok();
    let Some(found) = set.get_profile(selected) else {
        if asked.is_none() && selected == "default" {
            return Ok(Profile { name: None, sign_in: SignIn::Other, endpoint });
        }
        let mut known: Vec<String> = set.profiles().map(str::to_owned).collect();
        known.sort_unstable();
        return Err(AccessError::UnknownProfile { name: selected.to_owned(), known });
    };
    let has = |key| found.get(key).is_some();
    let sign_in = match () {
        () if has("sso_session") || has("sso_start_url") => SignIn::Sso,
        () if has("login_session") => SignIn::Console,
        () => SignIn::Other,
    };
    let endpoint = endpoint.or_else(|| found.get("endpoint_url").map(str::to_owned));
    Ok(Profile { name: (asked.is_some() || selected != "default").then(|| selected.to_owned()), sign_in, endpoint })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::loopback::{Answer, Request, Server, dead};

    const KEYS: &str = "aws_access_key_id = AKIDTEST\naws_secret_access_key = secret-of-test\n";

    fn keys(endpoint: String, region: &str) -> Options {
        Options {
            login: Login::keys("AKIDTEST", "secret-of-test"),
            region: Some(region.to_owned()),
            endpoint: Some(endpoint),
        }
    }

    fn text(config: &str, profile: Option<&str>, endpoint: String) -> Options {
        let login = Login::Text { config: config.to_owned(), profile: profile.map(str::to_owned) };
        Options { login, region: None, endpoint: Some(endpoint) }
    }

    async fn refused(options: Options) -> AccessError {
        match connect(options).await {
            Ok(_) => panic!("connected"),
            Err(error) => error,
        }
    }

    fn identity() -> Answer {
        let account = "<GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult>";
        Answer::Say(200, format!("<GetCallerIdentityResponse>{account}</GetCallerIdentityResponse>"))
    }

    fn error(status: u16, code: &str, message: &str) -> Answer {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Answer::Say(status, format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
    }

    /// The region that a request is signed for.
    fn region_of(request: &Request) -> &str {
        request.head.split("credential=").nth(1).and_then(|it| it.split('/').nth(2)).unwrap_or("")
    }

    #[tokio::test]
    async fn the_account_is_asked_and_known() {
        let server = Server::start(|_| identity());
        let cx = connect(keys(server.url(), "eu-west-1")).await.unwrap();
        assert_eq!((cx.account(), cx.region()), ("111122223333", "eu-west-1"));
        assert_eq!(cx.calls().into_iter().collect::<Vec<_>>(), [("sts:GetCallerIdentity".to_owned(), 1)]);
        let request = server.requests().remove(0);
        assert!(request.head.contains("app/moodle-infra-"), "{}", request.head);
        assert_eq!(region_of(&request), "eu-west-1");
    }

    #[tokio::test]
    async fn a_profile_gives_keys_region_and_endpoint() {
        let server = Server::start(|_| identity());
        let config = format!("[profile site]\nregion = eu-north-1\nendpoint_url = {}\n{KEYS}", server.url());
        let options = Options { endpoint: None, ..text(&config, Some("site"), String::new()) };
        assert_eq!(connect(options).await.unwrap().region(), "eu-north-1");
    }

    #[tokio::test]
    async fn the_first_call_survives_trouble_on_the_way() {
        let count = std::sync::atomic::AtomicU32::new(0);
        let server = Server::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Answer::HangUp,
            1 => Answer::Say(503, "busy".to_owned()),
            _ => identity(),
        });
        let cx = connect(keys(server.url(), "eu-west-1")).await.unwrap();
        assert_eq!(cx.calls()["sts:GetCallerIdentity"], 3);
    }

    #[tokio::test]
    async fn a_dead_endpoint_is_named() {
        let endpoint = dead();
        let error = refused(keys(endpoint.clone(), "eu-west-1")).await;
        assert!(matches!(&error, AccessError::Unreachable { endpoint: Some(at), .. } if *at == endpoint), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("AWS cannot be reached at {endpoint}: ")), "{text}");
        assert!(text.contains("Connection refused"), "{text}");
        assert!(error.help().contains("endpoint is running"));
    }

    #[tokio::test]
    async fn refused_keys_expired_tokens_and_wrong_clocks_are_told_apart() {
        async fn answered(status: u16, code: &'static str, message: &'static str) -> AccessError {
            let server = Server::start(move |_| error(status, code, message));
            refused(keys(server.url(), "eu-west-1")).await
        }
        let invalid = answered(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
        let invalid = invalid.await;
        assert!(matches!(invalid, AccessError::InvalidKeys(_)), "{invalid:?}");
        insta::assert_snapshot!(
            invalid,
            @"AWS does not accept the credentials: sts:GetCallerIdentity failed: InvalidClientTokenId: The security token included in the request is invalid. (request r-1)"
        );
        let wrong = answered(403, "SignatureDoesNotMatch", "The request signature we calculated does not match").await;
        assert!(matches!(wrong, AccessError::InvalidKeys(_)), "{wrong:?}");
        let late = "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z";
        let late = answered(403, "SignatureDoesNotMatch", late).await;
        assert!(matches!(late, AccessError::Clock(_)), "{late:?}");
        assert!(late.help().contains("timedatectl"));
        let expired = answered(403, "ExpiredToken", "The security token included in the request is expired").await;
        assert!(matches!(expired, AccessError::Expired { sign_in: SignIn::Other, .. }), "{expired:?}");
        let other = answered(403, "AccessDenied", "no").await;
        assert!(matches!(other, AccessError::Refused(_)), "{other:?}");
    }

    #[tokio::test]
    async fn a_region_that_is_not_enabled_is_told_from_wrong_keys() {
        let known = |request: &Request| match region_of(request) {
            "us-east-1" => identity(),
            _ => error(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        };
        let server = Server::start(known);
        let error = refused(keys(server.url(), "af-south-1")).await;
        assert!(matches!(&error, AccessError::RegionNotEnabled { name, .. } if name == "af-south-1"), "{error:?}");
        assert!(error.help().contains("enable-region --region-name af-south-1"));
        let error = refused(keys(server.url(), "eu-west-1")).await;
        assert!(matches!(error, AccessError::InvalidKeys(_)), "{error:?}");
    }

    #[tokio::test]
    async fn regions_are_missing_or_misspelt() {
        let none = refused(text(&format!("[default]\n{KEYS}"), None, dead())).await;
        assert!(matches!(none, AccessError::NoRegion), "{none:?}");
        let odd = refused(keys(dead(), "eu-west1")).await;
        assert!(matches!(odd, AccessError::NoSuchRegion { .. }), "{odd:?}");
        assert_eq!(odd.help(), "did you mean `eu-west-1`?");
    }

    #[tokio::test]
    async fn an_endpoint_that_is_no_url_is_refused() {
        for url in ["", "localhost:4566"] {
            let error = refused(keys(url.to_owned(), "eu-west-1")).await;
            assert_eq!(error.to_string(), format!("the endpoint `{url}` is not a URL"));
            let config = format!("[default]\nregion = eu-west-1\nendpoint_url = {url}\n{KEYS}");
            let error = refused(Options { endpoint: None, ..text(&config, None, String::new()) }).await;
            assert_eq!(error.to_string(), format!("the endpoint `{url}` is not a URL"));
        }
    }

    #[tokio::test]
    async fn an_unknown_profile_is_named_with_those_that_exist() {
        let config = format!("[profile prod]\n{KEYS}[profile staging]\n{KEYS}");
        let error = refused(text(&config, Some("prd"), dead())).await;
        assert_eq!(error.to_string(), "no AWS profile is called `prd`");
        assert_eq!(error.help(), "did you mean `prod`? the profiles are: prod, staging");
    }

    #[tokio::test]
    async fn without_credentials_nothing_is_sent_and_every_source_is_named() {
        let server = Server::start(|_| identity());
        // The instance's own credentials are looked for at a dead address, or this would leave the computer.
        let config = format!("[default]\nregion = eu-west-1\nec2_metadata_service_endpoint = {}\n", dead());
        let error = refused(text(&config, None, server.url())).await;
        assert!(matches!(error, AccessError::NoCredentials { .. }), "{error:?}");
        assert_eq!(error.to_string(), "no AWS credentials found");
        let help = error.help();
        assert!(help.contains("--sandbox") && help.contains("Environment"), "{help}");
        assert!(server.requests().is_empty());
    }

    #[tokio::test]
    async fn a_sign_in_that_was_never_made_or_expired_says_how_to_sign_in() {
        let never = CredentialsError::provider_error("failed to load the cached SSO token");
        let error = Unloaded::of(&never).sorted(Some("site"), SignIn::Sso);
        assert_eq!(error.help(), "sign in again:\n    aws sso login --profile site");
        let expired = CredentialsError::unhandled("cached Login token is expired");
        let error = Unloaded::of(&expired).sorted(None, SignIn::Console);
        assert_eq!(error.help(), "sign in again:\n    aws login");
    }

    #[tokio::test]
    async fn a_process_that_fails_to_give_credentials_is_not_a_missing_one() {
        let config = "[default]\nregion = eu-west-1\ncredential_process = /bin/false\n";
        let error = refused(text(config, None, dead())).await;
        assert!(matches!(error, AccessError::BadCredentials { .. }), "{error:?}");
    }

    #[test]
    fn keys_are_not_shown() {
        assert!(!format!("{:?}", keys(String::new(), "eu-west-1")).contains("secret-of-test"));
    }
}
