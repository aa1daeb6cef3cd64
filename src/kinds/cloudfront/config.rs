//! A distribution's properties in AWS's words, and back.
//!
//! A change sends the whole configuration. What stands beside origins and rules, and is not ours, goes back as it came.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{
    Aliases, AllowedMethods, CacheBehavior, CacheBehaviors, CachedMethods, CustomErrorResponse, CustomErrorResponses,
    CustomHeaders, CustomOriginConfig, DefaultCacheBehavior, DistributionConfig, HttpVersion, Method,
    MinimumProtocolVersion, Origin, OriginCustomHeader, OriginProtocolPolicy, OriginSslProtocols, Origins, PriceClass,
    SslProtocol, SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy,
};

use super::distribution::{DistributionProps, PathRules, Rules, SECRET_HEADER};
use super::{built, quantity};
use crate::aws::Result;
use crate::kind::values::Tags;
use crate::kind::{Text, Token};
use crate::kinds::answer::complete;

/// What the load balancer is called among the origins.
const ORIGIN: &str = "load-balancer";
/// What CloudFront keeps an error for where nothing is said, in seconds.
const AWS_ERROR_SECONDS: i64 = 10;
/// The errors that CloudFront keeps.
const ERRORS: &[i32] = &[400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/// Returns the configuration of a new distribution.
pub(super) fn new(
    operation: &'static str,
    token: &Token,
    want: &DistributionProps,
    secret: Option<&str>,
) -> Result<DistributionConfig> {
    let config = DistributionConfig::builder()
        .caller_reference(token.as_str())
        .comment(&want.comment)
        .enabled(want.enabled)
        .origins(origins(operation, want, secret)?)
        .default_cache_behavior(rest(operation, &want.rest)?)
        .is_ipv6_enabled(true);
    changed(operation, built(operation, config.build())?, want, secret)
}

/// Returns a configuration with everything in it that we know of set.
pub(super) fn changed(
    operation: &'static str,
    mut config: DistributionConfig,
    want: &DistributionProps,
    secret: Option<&str>,
) -> Result<DistributionConfig> {
    let aliases: Vec<String> = want.aliases.iter().cloned().collect();
    config.aliases = Some(built(
        operation,
        Aliases::builder().quantity(quantity(&aliases)).set_items((!aliases.is_empty()).then_some(aliases)).build(),
    )?);
    config.comment.clone_from(&want.comment);
    config.enabled = want.enabled;
    config.viewer_certificate = Some(certificate(want));
    config.price_class = Some(PriceClass::from(want.price_class.as_str()));
    config.http_version = Some(HttpVersion::from(want.http.as_str()));
    config.web_acl_id = Some(want.web_acl.as_str().to_owned());
    config.origins = Some(origins(operation, want, secret)?);
    config.default_cache_behavior = Some(rest(operation, &want.rest)?);
    let paths: Vec<CacheBehavior> = want.paths.iter().map(|it| path(operation, it)).collect::<Result<_>>()?;
    let paths =
        CacheBehaviors::builder().quantity(quantity(&paths)).set_items((!paths.is_empty()).then_some(paths)).build();
    config.cache_behaviors = Some(built(operation, paths)?);
    config.custom_error_responses = Some(errors(operation, want.error_seconds)?);
    Ok(config)
}

fn certificate(want: &DistributionProps) -> ViewerCertificate {
    let certificate = ViewerCertificate::builder();
    if want.certificate.as_str().is_empty() {
        return certificate.cloud_front_default_certificate(true).build();
    }
    certificate
        .cloud_front_default_certificate(false)
        .acm_certificate_arn(want.certificate.as_str())
        .ssl_support_method(SslSupportMethod::SniOnly)
        .set_minimum_protocol_version(want.tls.as_deref().map(MinimumProtocolVersion::from))
        .build()
}

fn origins(operation: &'static str, want: &DistributionProps, secret: Option<&str>) -> Result<Origins> {
    let protocol = if want.origin_tls { OriginProtocolPolicy::HttpsOnly } else { OriginProtocolPolicy::HttpOnly };
    let tls = OriginSslProtocols::builder().quantity(1).items(SslProtocol::TlSv12);
    let custom = CustomOriginConfig::builder()
        .http_port(80)
        .https_port(443)
        .origin_protocol_policy(protocol)
        .origin_ssl_protocols(built(operation, tls.build())?)
        .origin_read_timeout(want.origin_seconds)
        .origin_keepalive_timeout(5);
    let mut headers = CustomHeaders::builder().quantity(0);
    if let Some(secret) = secret {
        let header = OriginCustomHeader::builder().header_name(SECRET_HEADER).header_value(secret).build();
        headers = headers.quantity(1).items(built(operation, header)?);
    }
    let origin = Origin::builder()
        .id(ORIGIN)
        .domain_name(want.origin.as_str())
        .origin_path("")
        .connection_attempts(3)
        .connection_timeout(10)
        .custom_headers(built(operation, headers.build())?)
        .custom_origin_config(built(operation, custom.build())?);
    built(operation, Origins::builder().quantity(1).items(built(operation, origin.build())?).build())
}

fn rest(operation: &'static str, rules: &Rules) -> Result<DefaultCacheBehavior> {
    let Rules { cache, request, headers } = rules;
    let behaviour = DefaultCacheBehavior::builder()
        .target_origin_id(ORIGIN)
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps)
        .allowed_methods(every_method(operation)?)
        .compress(true)
        .smooth_streaming(false)
        .field_level_encryption_id("")
        .set_cache_policy_id(id(cache))
        .set_origin_request_policy_id(id(request))
        .set_response_headers_policy_id(id(headers));
    built(operation, behaviour.build())
}

fn path(operation: &'static str, path: &PathRules) -> Result<CacheBehavior> {
    let PathRules { path, rules: Rules { cache, request, headers } } = path;
    let behaviour = CacheBehavior::builder()
        .path_pattern(path)
        .target_origin_id(ORIGIN)
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps)
        .allowed_methods(reading_methods(operation)?)
        .compress(true)
        .smooth_streaming(false)
        .field_level_encryption_id("")
        .set_cache_policy_id(id(cache))
        .set_origin_request_policy_id(id(request))
        .set_response_headers_policy_id(id(headers));
    built(operation, behaviour.build())
}

fn id(policy: &Text) -> Option<String> {
    let id = policy.as_str();
    (!id.is_empty()).then(|| id.to_owned())
}

fn every_method(operation: &'static str) -> Result<AllowedMethods> {
    let all =
        [Method::Get, Method::Head, Method::Options, Method::Put, Method::Post, Method::Patch, Method::Delete].to_vec();
    let methods = AllowedMethods::builder().quantity(quantity(&all)).set_items(Some(all));
    built(operation, methods.cached_methods(cached_methods(operation)?).build())
}

fn reading_methods(operation: &'static str) -> Result<AllowedMethods> {
    let methods = AllowedMethods::builder().quantity(2).items(Method::Get).items(Method::Head);
    built(operation, methods.cached_methods(cached_methods(operation)?).build())
}

fn cached_methods(operation: &'static str) -> Result<CachedMethods> {
    built(operation, CachedMethods::builder().quantity(2).items(Method::Get).items(Method::Head).build())
}

fn errors(operation: &'static str, seconds: i64) -> Result<CustomErrorResponses> {
    let error = |code: &i32| CustomErrorResponse::builder().error_code(*code).error_caching_min_ttl(seconds).build();
    let errors: Vec<CustomErrorResponse> =
        built(operation, ERRORS.iter().map(error).collect::<std::result::Result<_, _>>())?;
    built(operation, CustomErrorResponses::builder().quantity(quantity(&errors)).set_items(Some(errors)).build())
}

/// Returns the properties of a configuration, without the secret and the tags, which stand elsewhere.
pub(super) fn props_of(operation: &'static str, config: &DistributionConfig) -> Result<DistributionProps> {
    let origin = complete(operation, origin_of(config))?;
    let custom = origin.custom_origin_config();
    let rest = complete(operation, config.default_cache_behavior())?;
    let certificate = config.viewer_certificate();
    let arn = certificate.and_then(|it| it.acm_certificate_arn()).unwrap_or_default();
    let tls = certificate.and_then(|it| it.minimum_protocol_version()).filter(|_| !arn.is_empty());
    let aliases = config.aliases().map(Aliases::items).unwrap_or_default();
    let text = |it: Option<&str>| Text::from(it.unwrap_or_default());
    let rules = |cache: Option<&str>, request: Option<&str>, headers: Option<&str>| Rules {
        cache: text(cache),
        request: text(request),
        headers: text(headers),
    };
    let paths = config.cache_behaviors().map(CacheBehaviors::items).unwrap_or_default();
    Ok(DistributionProps {
        comment: config.comment().to_owned(),
        enabled: config.enabled(),
        aliases: aliases.iter().map(|it| it.to_ascii_lowercase()).collect::<BTreeSet<_>>(),
        certificate: arn.into(),
        tls: tls.map(|it| it.as_str().to_owned()),
        price_class: config.price_class().map_or("PriceClass_All", PriceClass::as_str).to_owned(),
        http: config.http_version().map_or("http2", HttpVersion::as_str).to_ascii_lowercase(),
        web_acl: text(config.web_acl_id()),
        origin: origin.domain_name().into(),
        origin_tls: custom.is_some_and(|it| it.origin_protocol_policy() == &OriginProtocolPolicy::HttpsOnly),
        origin_seconds: custom.and_then(CustomOriginConfig::origin_read_timeout).unwrap_or(30),
        secret: "".into(),
        rest: rules(rest.cache_policy_id(), rest.origin_request_policy_id(), rest.response_headers_policy_id()),
        paths: paths
            .iter()
            .map(|it| PathRules {
                path: it.path_pattern().to_owned(),
                rules: rules(it.cache_policy_id(), it.origin_request_policy_id(), it.response_headers_policy_id()),
            })
            .collect(),
        error_seconds: error_seconds(config),
        tags: Tags::default(),
    })
}

/// Returns the value in the header of the secret. Never log it.
pub(super) fn secret_of(config: &DistributionConfig) -> Option<&str> {
    let headers = origin_of(config)?.custom_headers()?.items();
    let header = headers.iter().find(|it| it.header_name().eq_ignore_ascii_case(SECRET_HEADER))?;
    Some(header.header_value())
}

fn origin_of(config: &DistributionConfig) -> Option<&Origin> {
    let origins = config.origins().map(Origins::items).unwrap_or_default();
    origins.iter().find(|it| it.id() == ORIGIN).or(origins.first())
}

/// Returns the longest time that an error is kept for.
fn error_seconds(config: &DistributionConfig) -> i64 {
    let told = config.custom_error_responses().map(CustomErrorResponses::items).unwrap_or_default();
    let of = |code: &i32| {
        let told = told.iter().find(|it| it.error_code() == *code);
        told.and_then(CustomErrorResponse::error_caching_min_ttl).unwrap_or(AWS_ERROR_SECONDS)
    };
    ERRORS.iter().map(of).max().unwrap_or(AWS_ERROR_SECONDS)
}
