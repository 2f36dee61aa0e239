//! Lines of the log find a request again and tell of nobody: at the finest level, with everything around it failing.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use reqwest::header::{REFERER, USER_AGENT};
use serde_json::json;
use tests::{Database, Place, ServerProcess, stories};
use uuid::Uuid;

use crate::arrows::files_below;
use crate::persons::SKUDDAR;

const ADDRESS: &str = "203.0.113.77";

async fn put(server: &ServerProcess, path: &str, body: serde_json::Value) {
    let answer = server.client().put(server.url(path)).json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

/// As a field of its own an error shows in JSON without its causes.
#[test]
fn no_error_is_logged_without_its_causes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    for file in ["api/src", "persistence/src"].iter().flat_map(|folder| files_below(&root.join(folder))) {
        let text = std::fs::read_to_string(&file).expect("the code can be read");
        let bare = text.lines().find(|line| line.contains("error = &") || line.contains("Error, \""));
        assert_eq!(bare, None, "{}: error = %Chain(…)", file.display());
    }
}

/// A line that the program can write.
struct Line {
    file: String,
    fields: BTreeSet<String>,
    says: String,
}

/// The lines that a source can write, outside its tests.
fn lines_of(file: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(file).expect("the code can be read");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let event = Regex::new(r"tracing::(?:error|warn|info|debug|trace)!\(").expect("a pattern");
    let says = Regex::new(r#"(?s)"([^"]*)",?\s*$"#).expect("a pattern");
    let field = Regex::new(r"^[%?]?([a-z][a-z_]*(?:\.[a-z_]+)?)(?: = .*)?$").expect("a pattern");
    event
        .find_iter(code)
        .map(|found| {
            let arguments = until_closed(&code[found.end()..]);
            let words = says.captures(arguments).unwrap_or_else(|| panic!("{}: no words: {arguments}", file.display()));
            let before = without_nested(&arguments[..words.get(0).expect("a match").start()]);
            let fields = before
                .split(',')
                .filter_map(|part| field.captures(part.trim()))
                .map(|name| name[1].to_owned())
                .collect();
            Line { file: file.display().to_string(), fields, says: words[1].to_owned() }
        })
        .collect()
}

/// What stands before the bracket that closes.
fn until_closed(text: &str) -> &str {
    let mut open = 1;
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &text[..at];
        }
    }
    panic!("a bracket is not closed")
}

/// What stands in no bracket.
fn without_nested(text: &str) -> String {
    let mut open = 0;
    let mut outside = String::new();
    for character in text.chars() {
        match character {
            '(' => open += 1,
            ')' => open -= 1,
            _ if open == 0 => outside.push(character),
            _ => {}
        }
    }
    outside
}

/// What a field may tell. A name, a number, a subject or a search word is none of it.
const FIELDS: [&str; 42] = [
    "address",
    "attachments.generation",
    "blob.id",
    "blob.path",
    "channel",
    "damaged.id",
    "database",
    "database.generation",
    "delay_seconds",
    "error",
    "field",
    "handover.id",
    "http.status_code",
    "index",
    "issuer",
    "job.attempts",
    "job.id",
    "job.kind",
    "letters",
    "mailbox.id",
    "message.id",
    "migration",
    "migrations",
    "notice.id",
    "object.id",
    "object_store",
    "organisation.id",
    "panic.location",
    "panic.message",
    "person.id",
    "problem",
    "reception",
    "service.id",
    "sweep.most",
    "sweep.outcome",
    "text.file",
    "text.id",
    "trace.id",
    "trouble",
    "upload.id",
    "webhook.id",
    "what",
];

/// Of what a line speaks, and the field that says which one.
const WHICH: [(&str, &[&str]); 11] = [
    ("a job ", &["job.kind", "job.id"]),
    ("a letter ", &["message.id", "handover.id"]),
    ("a mailbox", &["mailbox.id"]),
    ("a message ", &["message.id"]),
    ("a notice ", &["notice.id"]),
    ("a number leads", &["mailbox.id"]),
    ("a person", &["person.id"]),
    ("a service ", &["service.id"]),
    ("a webhook", &["webhook.id"]),
    ("an attachment that", &["blob.id"]),
    ("an upload", &["upload.id"]),
];

#[test]
fn every_line_says_which_one_it_is_about_and_stands_in_the_list_with_its_fields() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let listed = std::fs::read_to_string(root.join("docs/LOGGING.md")).expect("the list");
    let files = ["api/src", "domain/src", "persistence/src"].iter().flat_map(|folder| files_below(&root.join(folder)));
    let lines: Vec<Line> = files.flat_map(|file| lines_of(&file)).collect();
    assert!(lines.len() > 60, "{}", lines.len());
    let faults: Vec<String> = lines.iter().flat_map(|line| faults_of(line, &listed)).collect();
    assert_eq!(faults, Vec::<String>::new());
}

/// What is wrong with a line, or with what the list says of it.
fn faults_of(Line { file, fields, says }: &Line, listed: &str) -> Vec<String> {
    let mut faults = vec![];
    let mut fault = |what: String| faults.push(format!("{file}: \"{says}\": {what}"));
    for field in fields.iter().filter(|field| !FIELDS.contains(&field.as_str())) {
        fault(format!("{field} is in no line, or has another name"));
    }
    for (of, which) in WHICH.iter().filter(|(of, _)| format!("{says} ").contains(of)) {
        if !which.iter().any(|field| fields.contains(*field)) {
            fault(format!("it is about {of}, and has none of {which:?}"));
        }
    }
    match listed.lines().find(|row| row.split('|').nth(1).is_some_and(|cell| cell.contains(said_before_values(says)))) {
        None => fault("not in docs/LOGGING.md".to_owned()),
        Some(row) => {
            for field in fields.iter().filter(|field| !row.contains(&format!("`{field}`"))) {
                fault(format!("docs/LOGGING.md is without {field}"));
            }
        }
    }
    faults
}

/// The words of a line as far as they are the same each time.
fn said_before_values(says: &str) -> &str {
    says.split('{').next().unwrap_or_default().trim()
}

stories! {
    async fn no_line_has_a_query_an_address_or_a_search_word_at_any_level(database: Database) {
        let place = Place::new(database);
        let server = ServerProcess::start_with(&place, &[("BREVDUE_LOG__FILTER", "trace")]);
        let secret = |what: &str| format!("{what}{}", Uuid::new_v4().simple());
        let (word, agent, referer, reference) =
            (secret("rusklinikk"), secret("agent"), secret("referer"), secret("ref"));
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let me = server.get("/v1/me", Some(&patient)).await;
        let mailbox = me["mailboxId"].as_str().expect("a mailbox");
        // What is known of everybody is two hours old, and every system that could be asked is away.
        let down = ["populationRegister", "contactRegister", "sms", "email", "print", "digitalMailbox"];
        let down: serde_json::Map<_, _> = down.into_iter().map(|system| (system.to_owned(), json!("down"))).collect();
        put(&server, "/sandbox/faults", json!(down)).await;
        put(&server, "/sandbox/clock", json!({"advance": "PT2H"})).await;
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let (ehr, service) = server.clinic().await;

        let paths = [
            format!("/v1/mailboxes/{mailbox}/recipients?q={word}"),
            format!("/v1/mailboxes/{mailbox}/messages?kind={word}&after={word}"),
            format!("/v1/services/{service}/messages?senderReference={reference}"),
            format!("/v1/services/{service}/messages/{word}?q={word}"),
            format!("/v1/events?after={word}"),
            format!("/{word}?{word}={word}"),
        ];
        for path in &paths {
            for token in [&patient, &ehr] {
                let request = server.client().get(server.url(path)).bearer_auth(token);
                let request = request.header(USER_AGENT, &agent).header(REFERER, &referer);
                let request = request.header("X-Forwarded-For", ADDRESS).header("Forwarded", format!("for={ADDRESS}"));
                let _ = request.send().await.expect("an answer");
            }
        }
        server.kill();

        let log = std::fs::read_to_string(place.folder().join("server.log")).expect("the log");
        assert!(log.contains("/v1/mailboxes/{mailboxId}/recipients"), "no line names the route, so nothing was shown");
        for secret in [&word, &agent, &referer, &reference, &ADDRESS.to_owned(), &SKUDDAR.to_owned(), &patient, &ehr] {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret} is in the log");
        }
    }

    async fn each_refusal_leaves_one_line_that_its_instance_finds(database: Database) {
        let place = Place::new(database);
        let server = ServerProcess::start_with(&place, &[]);
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let (ehr, service) = server.clinic().await;
        let asked = [
            (reqwest::Method::GET, "/v1/me".to_owned(), None, 401),
            (reqwest::Method::GET, "/v1/organisations".to_owned(), Some(&patient), 403),
            (reqwest::Method::GET, format!("/v1/mailboxes/{}", Uuid::new_v4()), Some(&patient), 404),
            (reqwest::Method::DELETE, "/v1/me".to_owned(), Some(&patient), 405),
            (reqwest::Method::GET, "/v1/events?limit=0".to_owned(), Some(&ehr), 422),
            (reqwest::Method::POST, format!("/v1/services/{service}/messages"), Some(&ehr), 400),
            (reqwest::Method::GET, "/nowhere".to_owned(), None, 404),
        ];
        let mut instances = vec![];
        for (method, path, token, status) in asked {
            let mut request = server.client().request(method, server.url(&path));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.json(&json!({})).send().await.expect("an answer");
            assert_eq!(answer.status().as_u16(), status, "{path}");
            let problem: serde_json::Value = answer.json().await.expect("a problem");
            let instance = problem["instance"].as_str().expect("an instance").trim_start_matches("urn:uuid:").to_owned();
            instances.push((instance, problem["type"].as_str().expect("a type").to_owned()));
        }
        server.kill();

        let log = std::fs::read_to_string(place.folder().join("server.log")).expect("the log");
        for (instance, kind) in instances {
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(&instance)).collect();
            let slug = kind.rsplit('/').next().expect("a word");
            assert_eq!(lines.len(), 1, "{kind}: {lines:?}");
            assert!(lines[0].contains(slug), "{kind}: {}", lines[0]);
        }
    }
}
