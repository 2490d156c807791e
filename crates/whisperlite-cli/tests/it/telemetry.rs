//! A server that tells a collector about its requests: what the collector gets, and that no answer depends on it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::json;

use crate::serve::{Server, a_shop, agent, item_ids};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Something that a collector was sent: its path and type, and what it says.
struct Told {
    path: String,
    content_type: String,
    spans: ExportTraceServiceRequest,
}

/// A stand-in for a collector, which takes whatever comes; gives its address and what it was told.
fn collector() -> (String, Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || listener.incoming().for_each(|stream| take(stream.unwrap(), &tell)));
    (address, told)
}

/// Reads one request, and answers it.
fn take(stream: TcpStream, tell: &Sender<Told>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut content_type, mut n_bytes) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-type" => value.clone_into(&mut content_type),
            "content-length" => n_bytes = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let spans = ExportTraceServiceRequest::decode(&*body).unwrap();
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.into_inner().write_all(answer).unwrap();
    tell.send(Told { path, content_type, spans }).unwrap();
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        Some(Any { value: Some(value) }) => Some(value),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_collector_gets_the_spans_of_requests_and_of_what_they_are_made_of() {
    let (address, told) = collector();
    let (_home, dir) = a_shop();
    let mut command = Server::command(&dir);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &address).env("OTEL_SERVICE_NAME", "a shop");
    let server = Server::announced(command);
    let mut asked = agent()
        .post(format!("{}/v1/search", server.url))
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .header("x-request-id", "named-by-us")
        .send(json!({"q": "black dress", "limit": 1}).to_string())
        .unwrap();
    let found = serde_json::from_str(&asked.body_mut().read_to_string().unwrap()).unwrap();
    let event = json!({"type": "view", "user_id": "somebody", "item_id": item_ids(&found)[0]});
    assert_eq!(server.post("/v1/events", &event).unwrap().0, 200);
    assert_eq!(server.post("/v1/search", &json!({"q": 3})).unwrap().0, 400);
    // What is not sent yet is sent at the end.
    assert_eq!(server.terminate(), Some(0));
    let told: Vec<Told> = told.try_iter().collect();
    assert!(!told.is_empty() && told.iter().all(|told| told.path == "/v1/traces"));
    assert!(told.iter().all(|told| told.content_type == "application/x-protobuf"));
    let resources: Vec<_> = told.iter().flat_map(|told| &told.spans.resource_spans).collect();
    for resource in &resources {
        let attributes = &resource.resource.as_ref().unwrap().attributes;
        assert_eq!(attribute(attributes, "service.name"), Some(&AnyValue::StringValue("a shop".to_owned())));
    }
    let spans: Vec<&Span> =
        resources.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).collect();
    let search = spans.iter().find(|span| hex(&span.parent_span_id) == PARENT).expect("the trace goes on");
    assert_eq!((search.name.as_str(), search.kind()), ("POST /v1/search", SpanKind::Server));
    assert_eq!(hex(&search.trace_id), TRACE);
    let text = |value: &str| Some(AnyValue::StringValue(value.to_owned()));
    for (key, value) in [
        ("http.request.method", text("POST")),
        ("http.route", text("/v1/search")),
        ("http.response.status_code", Some(AnyValue::IntValue(200))),
        ("whisperlite.request_id", text("named-by-us")),
    ] {
        assert_eq!(attribute(&search.attributes, key).cloned(), value, "{key}");
    }
    let child = |of: &Span, name: &str| -> &Span {
        let found = spans.iter().find(|span| span.parent_span_id == of.span_id && span.name == name);
        let found = found.unwrap_or_else(|| panic!("{} has no {name}: {spans:#?}", of.name));
        assert_eq!(found.trace_id, of.trace_id);
        assert!(
            of.start_time_unix_nano <= found.start_time_unix_nano && found.end_time_unix_nano <= of.end_time_unix_nano
        );
        found
    };
    child(child(search, "model"), "encoder");
    let event = spans.iter().find(|span| span.name == "POST /v1/events").expect("the event");
    assert!(event.parent_span_id.is_empty() && hex(&event.trace_id) != TRACE, "it begins a trace of its own");
    child(event, "store");
    let status =
        |span: &&&Span| attribute(&span.attributes, "http.response.status_code") == Some(&AnyValue::IntValue(400));
    let mistake = spans.iter().find(status).expect("a mistake is told, too");
    assert_eq!(mistake.status.as_ref().map_or(0, |status| status.code), 0, "and is no error of the server");
    let all = format!("{resources:?}");
    assert!(
        !all.contains("black dress") && !all.contains("somebody"),
        "what is asked for and by whom is nobody's business"
    );
}

#[test]
fn a_collector_that_is_away_costs_no_answer() {
    let (_home, dir) = a_shop();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Server::command(&dir);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{nobody}"));
    let server = Server::announced(command);
    for _ in 0..20 {
        assert_eq!(server.post("/v1/search", &json!({"q": "black dress"})).unwrap().0, 200);
    }
    assert_eq!(server.terminate(), Some(0));
    let mut command = Server::command(&dir);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "no address").stderr(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::null());
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("OTEL_EXPORTER_OTLP_"), "{message}");
}
