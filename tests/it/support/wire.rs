//! The wire between the SDK and an emulator: says which calls were made, and can lose an answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// An HTTP client that keeps a record.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    inner: SharedHttpClient,
    record: Arc<Record>,
}

#[derive(Debug, Default)]
struct Record {
    calls: Mutex<Vec<String>>,
    lose: AtomicBool,
}

impl Wire {
    /// Returns a client with an empty record.
    pub(crate) fn new() -> Wire {
        Wire { inner: Builder::new().build_http(), record: Arc::default() }
    }

    /// Returns the calls made since the last look, as IAM writes them.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.record.calls.lock().unwrap())
    }

    /// Forgets the calls made so far.
    pub(crate) fn forget(&self) {
        drop(self.calls());
    }

    /// Loses the answer to the next call; the emulator carries it out all the same.
    pub(crate) fn lose_next_answer(&self) {
        self.record.lose.store(true, Ordering::SeqCst);
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, record: Arc::clone(&self.record) })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    record: Arc<Record>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.record.calls.lock().unwrap().push(operation(&request));
        let answer = self.inner.call(request);
        if !self.record.lose.swap(false, Ordering::SeqCst) {
            return answer;
        }
        HttpConnectorFuture::new(async move {
            answer.await?;
            Err(ConnectorError::io("the test lost this answer".into()))
        })
    }
}

/// Returns the operation as IAM writes it: `ec2:CreateVpc`.
fn operation(request: &HttpRequest) -> String {
    let scope = request.headers().get("authorization").unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or("unsigned");
    if let Some(target) = request.headers().get("x-amz-target") {
        return format!("{service}:{}", target.rsplit('.').next().unwrap_or(target));
    }
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
    let name = body.split('&').find_map(|field| field.strip_prefix("Action=")).unwrap_or("no action");
    format!("{service}:{name}")
}
