//! The client against a server on this machine that plays Digipost.

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use domain::identity::{NumberSeries, OrganisationNumber};

use super::super::test_server::{Asked, TestServer, key_file};
use super::super::tests::{letter_to, word};
use super::*;
use crate::settings::AuthenticationLevel;

const DELIVERED: &str = r#"<?xml version="1.0" encoding="UTF-8"?><ns2:message-delivery xmlns:ns2="http://api.digipost.no/schema/v8">
<ns2:delivery-method>DIGIPOST</ns2:delivery-method><ns2:sender-id>100001</ns2:sender-id>
<ns2:status>DELIVERED</ns2:status></ns2:message-delivery>"#;

fn identified(result: &str) -> String {
    format!(r#"<identification-result xmlns="{NAMESPACE}"><result>{result}</result></identification-result>"#)
}

fn fault(code: &str) -> String {
    format!(r#"<error xmlns="{NAMESPACE}"><error-code>{code}</error-code><error-message>…</error-message></error>"#)
}

/// A Digipost that answers with these statuses and bodies: when asked for somebody, and when sent a letter.
struct World {
    server: TestServer,
    digipost: Digipost,
    key: KeyPair,
}

impl World {
    fn new(identify: Option<(u16, String)>, send: (u16, String)) -> Self {
        let is_asked = identify.is_some();
        let server = TestServer::start(move |asked, _| {
            let (status, body) = if asked.path == "/v8/identification" { identify.clone()? } else { send.clone() };
            Some((format!("{status} Answer"), body.into_bytes()))
        });
        let folder = tempfile::tempdir().expect("a folder");
        let (key, key_file) = key_file(folder.path());
        let settings = DigipostSettings {
            url: server.url("/v8"),
            sender_id: "100001".to_owned(),
            key_file,
            authentication_level: AuthenticationLevel::Idporten4,
            identify: is_asked,
        };
        let digipost = Digipost::new(settings, Clock::standing()).expect("the key is read");
        Self { server, digipost, key }
    }

    async fn send(&self) -> &'static str {
        word(self.digipost.hand_over(&letter()).await)
    }

    /// The header of a request.
    fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
        let line = asked.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("{name} is not in {}", asked.head))
    }

    /// Whether a request is signed with our key as the API wants it.
    fn check_signature(&self, asked: &Asked) {
        let hash = BASE64_STANDARD.encode(aws_lc_rs::digest::digest(&SHA256, asked.body.as_bytes()));
        assert_eq!(Self::header(asked, "x-content-sha256"), hash);
        // The clock of the test stands.
        assert_eq!(Self::header(asked, "date"), "Mon, 21 Sep 2026 14:13:20 GMT");
        let text = format!(
            "POST\n{}\ndate: Mon, 21 Sep 2026 14:13:20 GMT\nx-content-sha256: {hash}\nx-digipost-userid: 100001\n\n",
            asked.path
        );
        let signature = BASE64_STANDARD.decode(Self::header(asked, "x-digipost-signature")).expect("Base64");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key());
        public.verify(text.as_bytes(), &signature).expect("it is signed");
    }
}

fn letter() -> Consignment {
    letter_to(Destination::Mailbox {
        provider: OrganisationNumber::parse("984661185").expect("a number"),
        address: "kari.testesen#1234".to_owned(),
        national_id: NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number"),
        certificate: None,
    })
}

#[tokio::test]
async fn a_letter_is_one_signed_request_with_a_part_for_each_document() {
    let world = World::new(None, (200, DELIVERED.to_owned()));

    assert_eq!(world.send().await, "taken");

    assert!(world.server.asked("/v8/identification").is_empty(), "nobody wanted that");
    let asked = world.server.asked("/v8/messages").remove(0);
    world.check_signature(&asked);
    let message = "<message xmlns=\"http://api.digipost.no/schema/v8\">\
        <message-id>00000000-0000-0000-0000-000000000007</message-id>\
        <sender-organization><organization-id>310000019</organization-id></sender-organization>\
        <recipient><personal-identification-number>29827200059</personal-identification-number></recipient>\
        <primary-document><uuid>00000000-0000-0000-0000-000000000007</uuid><subject>Vedtak</subject>\
        <file-type>pdf</file-type><authentication-level>IDPORTEN_4</authentication-level>\
        <sensitivity-level>SENSITIVE</sensitivity-level></primary-document>\
        <attachment><uuid>00000000-0000-0000-0000-000000000008</uuid><subject>Bilag.pdf</subject>\
        <file-type>pdf</file-type><authentication-level>IDPORTEN_4</authentication-level>\
        <sensitivity-level>SENSITIVE</sensitivity-level></attachment></message>";
    let line = "brevdue-00000000000000000000000000000007";
    assert_eq!(World::header(&asked, "content-type"), format!("multipart/vnd.digipost-v8+xml; boundary={line}"));
    let part = |media_type: &str, name: &str, content: &str| {
        format!(
            "--{line}\r\nContent-Type: {media_type}\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    };
    let whole = [
        part("application/vnd.digipost-v8+xml", "message", message),
        part("application/pdf", "00000000-0000-0000-0000-000000000007", "%PDF-first"),
        part("application/pdf", "00000000-0000-0000-0000-000000000008", "%PDF-second"),
        format!("--{line}--\r\n"),
    ];
    assert_eq!(asked.body, whole.concat());
}

#[tokio::test]
async fn what_an_answer_to_a_letter_means() {
    let delivered = |status: &str| DELIVERED.replace("DELIVERED", status);
    let table = [
        (200, delivered("COMPLETE"), "taken"),
        (200, delivered("NOT_COMPLETE"), "away"),
        // It was not told how to print.
        (200, delivered("DELIVERED_TO_PRINT"), "away"),
        (200, "OK".to_owned(), "away"),
        (302, String::new(), "away"),
        (400, fault("INVALID_MESSAGE"), "refused"),
        (400, fault("DUPLICATE_MESSAGE"), "taken"),
        (409, fault("DUPLICATE_MESSAGE"), "taken"),
        (401, fault("UNAUTHORIZED"), "away"),
        (404, fault("UNKNOWN_RECIPIENT"), "unknown"),
        (404, String::new(), "refused"),
        (413, String::new(), "refused"),
        (429, String::new(), "away"),
        (500, fault("SERVER_ERROR"), "away"),
        (200, "x".repeat(MOST_BYTES + 1), "away"),
    ];
    for (status, body, expected) in table {
        let told = format!("{status} {}", body.chars().take(300).collect::<String>());
        assert_eq!(World::new(None, (status, body)).send().await, expected, "{told}");
    }
}

#[tokio::test]
async fn where_it_is_asked_first_no_letter_goes_to_who_has_no_mailbox_there_and_an_error_is_no_answer() {
    let table = [
        ((200, identified("DIGIPOST")), "taken", 1),
        ((200, identified("IDENTIFIED")), "unknown", 0),
        ((200, identified("UNIDENTIFIED")), "unknown", 0),
        ((200, identified("INVALID")), "refused", 0),
        ((200, identified("PERHAPS")), "unreached", 0),
        ((200, "<html>".to_owned()), "unreached", 0),
        ((404, fault("UNKNOWN")), "unreached", 0),
        ((503, String::new()), "unreached", 0),
    ];
    for (answer, expected, sent) in table {
        let told = format!("{answer:?}");
        let world = World::new(Some(answer), (200, DELIVERED.to_owned()));
        assert_eq!(world.send().await, expected, "{told}");
        assert_eq!(world.server.asked("/v8/messages").len(), sent, "{told}");
        let asked = world.server.asked("/v8/identification").remove(0);
        world.check_signature(&asked);
        assert_eq!(
            asked.body,
            "<identification xmlns=\"http://api.digipost.no/schema/v8\">\
             <personal-identification-number>29827200059</personal-identification-number></identification>"
        );
    }
}
