//! The client against a server on this machine that plays an access point, Maskinporten and the provider of a mailbox.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, UtcTime};
use der::{Decode as _, Encode as _, Sequence};
use domain::identity::{NationalId, NumberSeries, OrganisationNumber};
use serde_json::{Value, json};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use zip::ZipArchive;

use super::super::test_server::{Asked, TestServer, key_file};
use super::super::tests::{letter_to, word};
use super::*;

const ID: &str = "00000000-0000-0000-0000-000000000007";
const STATUSES: &str = "/messages/out/00000000-0000-0000-0000-000000000007/statuses";

#[derive(Sequence)]
struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial_number: SerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
}

#[derive(Sequence)]
struct Signed {
    content: ToBeSigned,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

fn time(unix: u64) -> Time {
    UtcTime::from_unix_duration(Duration::from_secs(unix)).expect("a time").into()
}

/// A certificate of a key, which nobody has signed.
fn certificate_of(key: &KeyPair) -> Vec<u8> {
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().expect("DER");
    let algorithm = AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        parameters: Some(Any::null()),
    };
    let name: Name = "CN=Testesen & Co,O=Testesen,C=NO".parse().expect("a name");
    let signed = Signed {
        content: ToBeSigned {
            version: 2,
            // 2^127 - 1
            serial_number: SerialNumber::new(&[&[0x7f][..], &[0xff; 15]].concat()).expect("a number"),
            algorithm: algorithm.clone(),
            issuer: name.clone(),
            validity: Validity::new(time(1_700_000_000), time(1_900_000_000)),
            subject: name,
            public_key: SubjectPublicKeyInfoOwned::from_der(public.as_ref()).expect("a key"),
        },
        algorithm,
        signature: BitString::from_bytes(&[0; 256]).expect("bits"),
    };
    signed.to_der().expect("DER")
}

/// What the access point answers: whether it knows the letter, what it says when it gets it, and what receipts it has.
#[derive(Clone)]
struct Answers {
    statuses: Value,
    /// The same once a letter has come.
    statuses_once_sent: Value,
    refuses_first: bool,
    taken: u16,
    receipts: Value,
}

struct World {
    server: TestServer,
    answers: Arc<Mutex<Answers>>,
    dpi: Dpi,
    key: KeyPair,
    of_provider: KeyPair,
}

impl World {
    fn new() -> Self {
        let answers = Answers {
            statuses: json!([]),
            statuses_once_sent: Value::Null,
            refuses_first: false,
            taken: 200,
            receipts: json!([]),
        };
        let answers = Arc::new(Mutex::new(answers));
        let told = Arc::clone(&answers);
        let server = TestServer::with_maskinporten(move |asked, before| {
            let mut told = told.lock().expect("answers");
            let Answers { statuses, statuses_once_sent, refuses_first, taken, receipts } = told.clone();
            if asked.path == "/messages/out" && !statuses_once_sent.is_null() {
                told.statuses = statuses_once_sent;
            }
            let (status, body) = match asked.path.as_str() {
                STATUSES if refuses_first && before == 0 => (401, Value::Null),
                STATUSES if statuses == json!([]) => (204, Value::Null),
                STATUSES => (200, statuses),
                "/messages/out" => (taken, Value::Null),
                "/messages/in" if receipts == json!([]) => (204, Value::Null),
                "/messages/in" => (200, receipts),
                path if path.ends_with("/read") => (200, Value::Null),
                _ => return None,
            };
            Some((format!("{status} Answer"), body.to_string().into_bytes()))
        });
        let folder = tempfile::tempdir().expect("a folder");
        let (key, key_file) = key_file(folder.path());
        let certificate_file = folder.path().join("certificate.pem");
        let pem = BASE64_STANDARD.encode(certificate_of(&key));
        let pem: Vec<&str> = pem.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("text")).collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", pem.join("\n"));
        std::fs::write(&certificate_file, format!("{pem}{pem}")).expect("written");
        let maskinporten = server.maskinporten_settings(key_file.clone());
        let settings = DpiSettings {
            url: server.url("/"),
            organisation: OrganisationNumber::parse("310000027").expect("a number"),
            key_file,
            certificate_file,
            maskinporten: maskinporten.clone(),
        };
        let clock = Clock::standing();
        let maskinporten = Maskinporten::new(maskinporten, clock.clone()).expect("the key is read");
        let dpi = Dpi::new(settings, maskinporten, clock).expect("the key and the certificates are read");
        let (of_provider, _) = self::key_file(folder.path());
        Self { server, answers, dpi, key, of_provider }
    }

    fn letter(&self) -> Consignment {
        letter_to(Destination::Mailbox {
            provider: OrganisationNumber::parse("922020175").expect("a number"),
            address: "kari.testesen#1234".to_owned(),
            national_id: NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number"),
            certificate: Some(certificate_of(&self.of_provider)),
        })
    }

    async fn send(&self) -> Result<Progress, SendError> {
        self.dpi.hand_over(&self.letter()).await
    }

    fn answer(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().expect("answers"));
    }

    fn sent(&self) -> Vec<Asked> {
        self.server.asked("/messages/out")
    }

    /// What a package holds, by the names of its files.
    fn open(&self, package: &[u8]) -> ZipArchive<Cursor<Vec<u8>>> {
        let envelope = super::cms::ContentInfo::from_der(package).expect("CMS").content;
        let recipient = super::cms::KeyTransRecipientInfo::from_der(envelope.recipients.value()).expect("a recipient");
        let own: Pkcs8V1Der<'_> = self.of_provider.as_der().expect("DER");
        let own = PrivateDecryptingKey::from_pkcs8(own.as_ref()).expect("a key");
        let own = OaepPrivateDecryptingKey::new(own).expect("a key");
        let mut key = vec![0; own.min_output_size()];
        let key = own.decrypt(&OAEP_SHA256_MGF1SHA256, recipient.encrypted_key.as_bytes(), &mut key, None);
        let key = UnboundCipherKey::new(&AES_256, key.expect("for the provider")).expect("a key");
        let initial_vector = envelope.content.algorithm.parameters.expect("a vector");
        let initial_vector: OctetString = initial_vector.decode_as().expect("bytes");
        let initial_vector: [u8; 16] = initial_vector.as_bytes().try_into().expect("16 bytes");
        let mut content = envelope.content.encrypted_content.as_bytes().to_vec();
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).expect("a key");
        let content = key.decrypt(&mut content, DecryptionContext::Iv128(initial_vector.into())).expect("decrypted");
        ZipArchive::new(Cursor::new(content.to_vec())).expect("a container")
    }
}

fn receipt(kind: &str, id: u128, letter: &str) -> Value {
    let document = json!({"standardBusinessDocument": {"standardBusinessDocumentHeader": {
        "documentIdentification": {
            "instanceIdentifier": Uuid::from_u128(id), "type": kind, "creationDateAndTime": "2026-09-21T15:29:58.753+02:00",
        },
        "businessScope": {"scope": [{"type": "ConversationId", "instanceIdentifier": letter}]},
    }}});
    let payload = BASE64_URL_SAFE_NO_PAD.encode(document.to_string());
    json!({"forretningsmelding": format!("e30.{payload}.c2ln"), "downloadurl": "https://example.no/"})
}

/// The same at another time.
fn at(receipt: &Value, time: &str) -> Value {
    let payload = receipt["forretningsmelding"].as_str().and_then(|jws| jws.split('.').nth(1)).expect("a payload");
    let mut document: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("Base64")).expect("JSON");
    document["standardBusinessDocument"]["standardBusinessDocumentHeader"]["documentIdentification"]["creationDateAndTime"] =
        time.into();
    json!({"forretningsmelding": format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(document.to_string()))})
}

/// The content of a part of a form.
fn part(asked: &Asked, name: &str) -> Vec<u8> {
    let head = format!("name=\"{name}\"");
    let find =
        |in_bytes: &[u8], what: &[u8]| in_bytes.windows(what.len()).position(|at| at == what).expect("it is there");
    let from = find(&asked.bytes, head.as_bytes());
    let from = from + find(&asked.bytes[from..], b"\r\n\r\n") + 4;
    let line = asked.head.lines().find_map(|line| line.split_once("boundary=")).expect("a boundary").1;
    asked.bytes[from..from + find(&asked.bytes[from..], format!("\r\n--{line}").as_bytes())].to_vec()
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).expect(from);
    let end = start + text[start..].find(to).expect(to) + to.len();
    &text[start..end]
}

#[tokio::test]
async fn a_letter_goes_signed_and_encrypted_for_the_provider_with_what_it_is() {
    let world = World::new();
    assert_eq!(world.send().await.expect("taken"), Progress::Underway);

    let sent = world.sent().remove(0);
    let token = "authorization: Bearer token-";
    assert!(sent.head.contains(token), "{}", sent.head);
    let message = String::from_utf8(part(&sent, "forretningsmelding")).expect("text");
    let (signed, signature) = message.rsplit_once('.').expect("a signature");
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).expect("Base64");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, world.key.public_key());
    public.verify(signed.as_bytes(), &decode(signature)).expect("it is signed");
    let [header, document] = [0, 1].map(|place| {
        let part = signed.split('.').nth(place).expect("a part");
        serde_json::from_slice::<Value>(&decode(part)).expect("JSON")
    });
    assert_eq!(header["x5c"], json!([BASE64_STANDARD.encode(&world.dpi.seal.chain[0])]));
    let package = part(&sent, "dokumentpakke");
    let organisation = |number: &str| json!({"authority": "iso6523-actorid-upis", "value": format!("0192:{number}")});
    let expected = json!({"standardBusinessDocument": {
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "sender": [{"identifier": organisation("310000027")}],
            "receiver": [{"identifier": organisation("922020175")}],
            "documentIdentification": {
                "standard": "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:digital::1.0",
                "typeVersion": "1.0",
                "instanceIdentifier": ID,
                "type": "digital",
                "creationDateAndTime": "2026-09-21T14:13:20.000Z",
            },
            "businessScope": {"scope": [{
                "type": "ConversationId",
                "instanceIdentifier": ID,
                "identifier": "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0",
            }]},
        },
        "digital": {
            "avsender": {"virksomhetsidentifikator": organisation("310000019")},
            "mottaker": {"postkasseadresse": "kari.testesen#1234"},
            "dokumentpakkefingeravtrykk": {
                "digestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
                "digestValue": BASE64_STANDARD.encode(digest(&SHA256, &package)),
            },
            "maskinportentoken": between(&sent.head, "Bearer ", "\r\n").trim().trim_start_matches("Bearer "),
            "sikkerhetsnivaa": 4,
            "aapningskvittering": false,
            "ikkesensitivtittel": "Nytt brev",
            "spraak": "no",
            "varsler": {},
        },
    }});
    assert_eq!(document, expected);
    assert!(!sent.body.contains("Vedtak") && !sent.body.contains("29827200059"), "for the provider alone");
    // It is asked for on behalf of the organisation that answers for the letter.
    let asked = world.server.asked("/token").remove(0);
    let assertion = asked.body.rsplit_once("assertion=").expect("an assertion").1;
    let claims: Value = serde_json::from_slice(&decode(assertion.split('.').nth(1).expect("claims"))).expect("JSON");
    assert_eq!((&claims["consumer_org"], &claims["scope"]), (&json!("310000019"), &json!("digitalpostinnbygger:send")));
}

#[tokio::test]
async fn a_package_holds_the_documents_their_manifest_and_one_signature_of_all() {
    let world = World::new();
    let _ = world.send().await.expect("taken");

    let package = part(&world.sent()[0], "dokumentpakke");
    let mut zip = world.open(&package);
    let names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
    assert_eq!(names, ["mimetype", "manifest.xml", "letter.pdf", "attachment-1.pdf", "META-INF/signatures.xml"]);
    let mut read = |name: &str| {
        let mut bytes = vec![];
        zip.by_name(name).expect(name).read_to_end(&mut bytes).expect(name);
        bytes
    };
    assert_eq!(read("mimetype"), b"application/vnd.etsi.asic-e+zip");
    assert_eq!((read("letter.pdf"), read("attachment-1.pdf")), (b"%PDF-first".to_vec(), b"%PDF-second".to_vec()));
    let manifest = String::from_utf8(read("manifest.xml")).expect("text");
    let expected = "<manifest xmlns=\"http://begrep.difi.no/sdp/schema_v10\"><mottaker><person>\
        <postkasseadresse>kari.testesen#1234</postkasseadresse></person></mottaker>\
        <avsender><organisasjon authority=\"iso6523-actorid-upis\">0192:310000019</organisasjon></avsender>\
        <hoveddokument href=\"letter.pdf\" mime=\"application/pdf\"><tittel lang=\"no\">Vedtak</tittel></hoveddokument>\
        <vedlegg href=\"attachment-1.pdf\" mime=\"application/pdf\"><tittel lang=\"no\">Bilag.pdf</tittel></vedlegg></manifest>";
    assert_eq!(manifest, expected);

    let signatures = String::from_utf8(read("META-INF/signatures.xml")).expect("text");
    for name in ["manifest.xml", "letter.pdf", "attachment-1.pdf"] {
        let reference = between(&signatures, &format!("URI=\"{name}\""), "</Reference>");
        assert!(reference.contains(&BASE64_STANDARD.encode(digest(&SHA256, &read(name)))), "{reference}");
    }
    let properties = between(&signatures, "<SignedProperties", "</SignedProperties>");
    let reference = between(&signatures, "URI=\"#SignedProperties\"", "</Reference>");
    assert!(reference.contains(&BASE64_STANDARD.encode(digest(&SHA256, properties.as_bytes()))), "{reference}");
    assert!(properties.contains("<SigningTime>2026-09-21T14:13:20Z</SigningTime>"), "{properties}");
    assert!(properties.contains(">170141183460469231731687303715884105727</X509SerialNumber>"), "{properties}");
    assert!(properties.contains("CN=Testesen &amp; Co"), "{properties}");
    let value = between(&signatures, "<SignatureValue>", "</SignatureValue>");
    let value = value.trim_start_matches("<SignatureValue>").trim_end_matches("</SignatureValue>");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, world.key.public_key());
    let signed_info = between(&signatures, "<SignedInfo", "</SignedInfo>");
    public.verify(signed_info.as_bytes(), &BASE64_STANDARD.decode(value).expect("Base64")).expect("it is signed");
    assert_eq!(signatures.matches("<X509Certificate>").count(), 2, "all certificates of the file");
}

#[tokio::test]
async fn a_letter_has_arrived_when_the_provider_says_so() {
    let world = World::new();
    let _ = world.send().await.expect("taken");
    world.answer(|answers| {
        answers.statuses = json!([{"status": "OPPRETTET", "timestamp": "2026-09-21T14:13:21Z"}, {"status": "SENDT"}]);
        answers.receipts = json!([receipt("leveringskvittering", 20, "37efbd4c-413d-4e2c-bbc5-257ef4a65a45")]);
    });
    assert_eq!(world.send().await.expect("asked"), Progress::Underway, "that was another letter");
    world.answer(|answers| {
        let other = answers.receipts[0].clone();
        answers.receipts = json!([other, {"forretningsmelding": "?"}, receipt("leveringskvittering", 21, ID)]);
    });

    assert_eq!(world.send().await.expect("asked"), Progress::Arrived);

    assert_eq!(world.sent().len(), 1, "sent once");
    let asked = world.server.asked("/messages/in").len();
    assert_eq!(world.send().await.expect("known"), Progress::Arrived);
    assert_eq!(world.server.asked("/messages/in").len(), asked, "known by now");
}

#[tokio::test]
async fn a_receipt_is_marked_as_read_when_its_letter_has_heard_of_it_or_nobody_will() {
    let world = World::new();
    let old = receipt("leveringskvittering", 24, "b6f3a7a1-6d5c-4e0a-8f51-0a9d3b1c2e4f");
    let old = at(&old, "2026-09-17T10:00:00Z");
    world.answer(|answers| {
        answers.statuses = json!([{"status": "SENDT"}]);
        let of_another_process = receipt("leveringskvittering", 20, "37efbd4c-413d-4e2c-bbc5-257ef4a65a45");
        let opened = receipt("aapningskvittering", 22, ID);
        answers.receipts = json!([of_another_process, receipt("leveringskvittering", 21, ID), opened, old]);
    });
    let read =
        || [20, 21, 22, 24].map(|id| world.server.asked(&format!("/messages/in/{}/read", Uuid::from_u128(id))).len());

    assert_eq!(world.send().await.expect("asked"), Progress::Arrived);
    assert_eq!(read(), [0, 0, 1, 1], "a process that dies now can read it again");

    // Another letter asks.
    world.dpi.read_receipts().await.expect("read");
    assert_eq!(read(), [0, 1, 2, 2]);
}

#[tokio::test]
async fn an_answer_that_was_lost_sends_nothing_twice() {
    let world = World::new();
    world.answer(|answers| answers.statuses = json!([{"status": "SENDT"}]));

    assert_eq!(world.send().await.expect("it is there"), Progress::Underway);

    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn an_id_that_another_brought_there_meanwhile_is_no_refusal() {
    let world = World::new();
    // Not there when it is asked for first, and there when the letter comes.
    world.answer(|answers| (answers.taken, answers.statuses_once_sent) = (400, json!([{"status": "OPPRETTET"}])));

    assert_eq!(world.send().await.expect("it is there"), Progress::Underway);
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_used_again() {
    let world = World::new();
    world.answer(|answers| answers.refuses_first = true);

    assert_eq!(word(world.send().await), "unreached");
    assert_eq!(word(world.send().await), "taken");

    assert_eq!(world.server.asked("/token").len(), 2);
}

#[tokio::test]
async fn what_fails_on_the_way_or_at_the_provider_has_failed() {
    let world = World::new();
    world.answer(|answers| answers.statuses = json!([{"status": "SENDT"}, {"status": "FEILET"}]));
    assert_eq!(world.send().await.expect("asked"), Progress::Failed);

    world.answer(|answers| {
        answers.statuses = json!([{"status": "SENDT"}]);
        answers.receipts = json!([receipt("aapningskvittering", 22, ID), receipt("feil", 23, ID)]);
    });
    assert_eq!(world.send().await.expect("asked"), Progress::Failed);
}

#[tokio::test]
async fn each_answer_says_whether_the_access_point_may_have_the_letter() {
    let world = World::new();
    for (status, expected) in
        [(201, "taken"), (202, "taken"), (400, "refused"), (401, "unreached"), (403, "refused"), (413, "refused")]
            .into_iter()
            .chain([(302, "away"), (429, "away"), (500, "away"), (503, "away")])
    {
        world.answer(|answers| answers.taken = status);
        assert_eq!(word(world.send().await), expected, "{status}");
    }
    world.answer(|answers| answers.statuses = json!({"what": "is this"}));
    assert_eq!(word(world.send().await), "unreached", "asking hands nothing over");
}

#[tokio::test]
async fn a_mailbox_without_a_certificate_that_can_be_used_gets_nothing() {
    let world = World::new();
    for bytes in [None, Some(vec![]), Some(b"no certificate".to_vec())] {
        let mut letter = world.letter();
        if let Destination::Mailbox { certificate, .. } = &mut letter.to {
            *certificate = bytes;
        }
        assert_eq!(word(world.dpi.hand_over(&letter).await), "refused");
    }
    assert!(world.sent().is_empty());
}
