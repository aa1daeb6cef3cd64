//! Refusals made up by us, in the words of each AWS protocol: how a service would say "slower", or fail.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// How the services write their errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Ec2,
    Query,
    Json,
    Cbor,
    RestJson,
    RestXml,
    S3,
}

/// What makes up a refusal.
struct Refusal {
    status: u16,
    code: &'static str,
    message: &'static str,
}

const SLOWER: &str = "Rate exceeded (injected)";
const REQUEST_ID: &str = "injected-0000";

/// Returns the answer of a service that asks for fewer calls.
pub(crate) fn throttled(service: &str, request: &HttpRequest) -> HttpResponse {
    let protocol = protocol_of(service, request);
    let (status, code) = match protocol {
        Protocol::Ec2 => (503, "RequestLimitExceeded"),
        Protocol::S3 => (503, "SlowDown"),
        Protocol::Query | Protocol::RestXml => (400, "Throttling"),
        Protocol::Json | Protocol::Cbor => (400, "ThrottlingException"),
        Protocol::RestJson => (429, "ThrottlingException"),
    };
    protocol.answer(&Refusal { status, code, message: SLOWER })
}

/// Returns the answer of a service that fails while it works.
pub(crate) fn failed(service: &str, request: &HttpRequest) -> HttpResponse {
    let message = "An internal error has occurred (injected)";
    protocol_of(service, request).answer(&Refusal { status: 500, code: "InternalError", message })
}

fn protocol_of(service: &str, request: &HttpRequest) -> Protocol {
    let header = |name| request.headers().get(name);
    match service {
        "ec2" => Protocol::Ec2,
        "s3" => Protocol::S3,
        "cloudfront" | "route53" => Protocol::RestXml,
        _ if header("smithy-protocol") == Some("rpc-v2-cbor") => Protocol::Cbor,
        _ if header("x-amz-target").is_some() => Protocol::Json,
        _ if header("content-type") == Some("application/x-www-form-urlencoded") => Protocol::Query,
        _ => Protocol::RestJson,
    }
}

impl Protocol {
    fn answer(self, refusal: &Refusal) -> HttpResponse {
        let Refusal { status, code, message } = refusal;
        let error = format!("<Code>{code}</Code><Message>{message}</Message>");
        let id = format!("<RequestId>{REQUEST_ID}</RequestId>");
        let body = match self {
            Protocol::Ec2 => {
                format!(
                    "<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
                )
            }
            Protocol::S3 => format!("<Error>{error}{id}</Error>"),
            Protocol::Query | Protocol::RestXml => {
                format!("<ErrorResponse><Error><Type>Sender</Type>{error}</Error>{id}</ErrorResponse>")
            }
            Protocol::Json | Protocol::RestJson => {
                serde_json::json!({ "__type": code, "message": message }).to_string()
            }
            Protocol::Cbor => return cbor(refusal),
        };
        let mut answer = with_status(*status, body.into());
        answer.headers_mut().insert("x-amzn-requestid", REQUEST_ID);
        if self == Protocol::RestJson {
            answer.headers_mut().insert("x-amzn-errortype", *code);
        }
        answer
    }
}

fn with_status(status: u16, body: SdkBody) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).expect("bug: a status that is none"), body)
}

/// A map of two text strings; nothing else of the format is needed.
fn cbor(refusal: &Refusal) -> HttpResponse {
    let mut body = vec![0xa2];
    for text in ["__type", refusal.code, "message", refusal.message] {
        // 0x78: a text string, its length in the next byte.
        body.extend([0x78, u8::try_from(text.len()).expect("bug: a text too long")]);
        body.extend(text.as_bytes());
    }
    let mut answer = with_status(refusal.status, body.into());
    answer.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
    answer.headers_mut().insert("content-type", "application/cbor");
    answer.headers_mut().insert("x-amzn-requestid", REQUEST_ID);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let mut request = HttpRequest::empty();
        for (name, value) in headers {
            request.headers_mut().insert(*name, *value);
        }
        request
    }

    #[test]
    fn the_protocol_is_told_by_the_request() {
        let form = request(&[("content-type", "application/x-www-form-urlencoded")]);
        assert_eq!(protocol_of("ec2", &form), Protocol::Ec2);
        assert_eq!(protocol_of("iam", &form), Protocol::Query);
        assert_eq!(protocol_of("logs", &request(&[("x-amz-target", "Logs_20140328.x")])), Protocol::Json);
        assert_eq!(protocol_of("cloudwatch", &request(&[("smithy-protocol", "rpc-v2-cbor")])), Protocol::Cbor);
        assert_eq!(protocol_of("elasticfilesystem", &request(&[])), Protocol::RestJson);
        assert_eq!(protocol_of("route53", &request(&[])), Protocol::RestXml);
    }

    #[test]
    fn cbor_is_a_map_of_texts() {
        let answer = cbor(&Refusal { status: 400, code: "A", message: "bc" });
        assert_eq!(answer.body().bytes(), Some(b"\xa2\x78\x06__type\x78\x01A\x78\x07message\x78\x02bc".as_slice()));
    }
}
