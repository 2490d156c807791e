//! Spans of requests for a collector of OpenTelemetry: by OTLP over HTTP, to where the standard environment variables say.
//!
//! What is exported is what the log says of a request, and how long encoder, model and store took for it; as there, never what was asked
//! for or by whom. A thread of its own sends spans in batches; where the collector is slow or away they are dropped, and no answer
//! waits. Spans of level DEBUG are the collector's, those of level INFO the log's.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;
use tracing::field::Empty;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Where spans go; without one of them none are made.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// What the service is called where nobody says.
const DEFAULT_SERVICE_NAME: &str = "whisperlite";
/// How long a collector may take for a batch.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last spans may take when the server ends.
const LAST_SPANS: Duration = Duration::from_secs(5);
/// Spans of this crate are told; those of the libraries beneath are not.
const TARGET: &str = "whisperlite_server";

/// Why spans cannot be exported.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The settings in the environment name nothing that works.
    #[error("no spans can be exported: check the environment variables OTEL_EXPORTER_OTLP_…")]
    Settings(#[from] ExporterBuildError),
    /// The last spans did not reach the collector.
    #[error("the last spans did not reach the collector")]
    LastSpans(#[from] OTelSdkError),
}

/// The way to a collector.
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// As the environment says; `None` where it names no collector. `OTEL_EXPORTER_OTLP_ENDPOINT` is the collector's address, below which
    /// spans go to `/v1/traces`; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` and
    /// the `OTEL_BSP_…` of batches mean what the standard says.
    ///
    /// # Errors
    /// If the settings name nothing that works.
    pub fn from_env() -> Result<Option<Self>, TelemetryError> {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !ENDPOINTS.iter().any(is_set) {
            return Ok(None);
        }
        let exporter =
            SpanExporter::builder().with_http().with_http_client(Sender::new()).with_protocol(Protocol::HttpBinary);
        let resource = Resource::builder();
        let resource =
            if is_set(&SERVICE_NAME) { resource } else { resource.with_service_name(DEFAULT_SERVICE_NAME) }.build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter.build()?);
        Ok(Some(Self { provider: provider.build() }))
    }

    /// What turns this crate's spans into the collector's, whatever else is logged.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> {
        let spans = tracing_opentelemetry::layer().with_tracer(self.provider.tracer(DEFAULT_SERVICE_NAME));
        let spans = spans.with_location(false).with_threads(false).with_tracked_inactivity(false);
        spans.with_filter(filter_fn(|metadata| {
            metadata.is_span() && metadata.target().starts_with(TARGET) && *metadata.level() == Level::DEBUG
        }))
    }

    /// Sends what is left, and ends.
    ///
    /// # Errors
    /// If the collector did not take it in time.
    pub fn end(self) -> Result<(), TelemetryError> {
        Ok(self.provider.shutdown_with_timeout(LAST_SPANS)?)
    }
}

/// The span of a request, for the collector alone, under the names of the standard: part of the trace that the request's `traceparent`
/// names, if it has one.
pub(crate) fn request_span(headers: &HeaderMap, method: &str, template: &str, request_id: &str) -> Span {
    let span = tracing::debug_span!(
        "request",
        otel.name = format!("{method} {template}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = template,
        http.response.status_code = Empty,
        otel.status_code = Empty,
        whisperlite.request_id = request_id,
    );
    // Where nobody listens to the span there is nothing to continue.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(headers)));
    span
}

/// Says how a request ended. That the client made a mistake is no error of the server.
pub(crate) fn ended(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Sends batches with the client that fetches encoders, too; on the thread of the batches, which may wait.
#[derive(Debug)]
struct Sender(ureq::Agent);

impl Sender {
    fn new() -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(SEND_TIMEOUT));
        Self(config.build().into())
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let (parts, mut body) = self.0.run(Request::from_parts(parts, body.to_vec()))?.into_parts();
        Ok(Response::from_parts(parts, Bytes::from(body.read_to_vec()?)))
    }
}
